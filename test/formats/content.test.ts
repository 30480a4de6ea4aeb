import { expect, test } from "vitest";
import { detectContent } from "../../src/formats/content.js";

const json = '{"data":{}}';
const zip = "PK\x03\x04\x14\x00";
const xml = '<?xml version="1.0"?>';
const form = "--Boundary-6F0E2C1A\r\nContent-Disposition: form-data";

function detect(contentType: string | undefined, body: string) {
  return detectContent(contentType, Buffer.from(body, "latin1"));
}

test.each([
  ["application/json", json, "json"],
  ["Application/JSON; charset=utf-8", json, "json"],
  ["application/json", "", "json"],
  ["application/json", "not json", "json"],
  ["application/vnd.api+json", json, "json"],
  ["text/json", json, "json"],
  ["text/csv", "Date,Step Count (count)", "csv"],
  ["text/csv;header=present", json, "csv"],
  ["multipart/form-data; boundary=Boundary-1", form, "csv"],
  ["multipart/form-data; boundary=x", "--x\r\n", "csv"],
  ["application/zip", zip, "zip"],
  ["application/x-zip-compressed", zip, "zip"],
  ["text/xml", xml, "xml"],
  ["application/xml", xml, "xml"],
] as const)("a clear content type is believed: %s", (contentType, body, content) => {
  expect(detect(contentType, body)).toBe(content);
});

test.each([
  undefined,
  "",
  "application/octet-stream",
  "application/x-www-form-urlencoded",
  "text/plain; charset=utf-8",
])("where the content type is %s the first bytes decide", (contentType) => {
  const bodies = [
    json,
    "[]",
    " \r\n\t[",
    `\xef\xbb\xbf${json}`,
    zip,
    form,
    xml,
    `\xef\xbb\xbf ${xml}`,
    "<!DOCTYPE HealthData [",
    "<HealthData locale",
    "",
    "hello",
    "<html>",
    "PK",
  ];

  const found = bodies.map((body) => detect(contentType, body));

  expect(found).toEqual([
    ...["json", "json", "json", "json", "zip", "csv", "xml", "xml", "xml", "xml"],
    ...["unsupported", "unsupported", "unsupported", "unsupported"],
  ]);
});

test("a multipart body under another name is still a multipart body", () => {
  expect(detect("application/json", form)).toBe("csv");
});

test.each(["image/png", "image/svg+xml", "video/mp4", "application/pdf", "text/html"])("%s is unsupported", (type) => {
  expect(detect(type, json)).toBe("unsupported");
});

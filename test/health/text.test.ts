/** What senders write into fields. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText, foldDigits, parseNumber, parseQuantity } from "../../src/health/text.js";

test("text that every store can hold stays as it is", () => {
  expect(cleanText("Pat’s Apple\u00a0Watch 🏃‍♀️ ++")).toBe("Pat’s Apple\u00a0Watch 🏃‍♀️ ++");
});

test("NUL goes and lone surrogates are replaced, without joining what was apart", () => {
  expect(cleanText("a\0b")).toBe("ab");
  expect(cleanText("a\ud83db")).toBe("a\ufffdb");
  expect(cleanText("\ud83d\0\udc4d")).toBe("\ufffd\ufffd");
});

test("cleaned text is well-formed and stays so", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (codes) => {
      const clean = cleanText(String.fromCharCode(...codes));
      expect(clean).not.toContain("\0");
      expect(Buffer.from(clean).toString()).toBe(clean);
      expect(cleanText(clean)).toBe(clean);
    }),
  );
});

test("digits of other scripts become ASCII digits", () => {
  expect(foldDigits("٠١٢٣٤٥٦٧٨٩")).toBe("0123456789");
  expect(foldDigits("۰۱۲۳۴۵۶۷۸۹")).toBe("0123456789");
  expect(foldDigits("०१२३४५६७८९")).toBe("0123456789");
  expect(foldDigits("０１２３４５６７８９")).toBe("0123456789");
  expect(foldDigits("\u221212 午")).toBe("-12 午");
});

test("numbers and numeric strings are read", () => {
  const reads = (value: unknown, number: number) => expect([value, parseNumber(value)]).toEqual([value, number]);

  reads(71.4375, 71.4375);
  reads(-3, -3);
  reads("42", 42);
  reads(" 52,4 ", 52.4);
  reads("52.4", 52.4);
  reads("+.5", 0.5);
  reads("1e-05", 0.00001);
  reads("1,234", 1.234);
  reads("٤٢٫٥", 42.5);
  reads("\u22121,5", -1.5);
});

test("a unit behind the number is told apart from it", () => {
  const reads = (text: string, value: number, unit: string | null) =>
    expect([text, parseQuantity(text)]).toEqual([text, { value, unit }]);

  reads("48.5 ms", 48.5, "ms");
  reads("48.5ms", 48.5, "ms");
  reads("52,4\u00a0kg", 52.4, "kg");
  reads("97%", 97, "%");
  reads("5.2 mmol<180.1558800000541>/L", 5.2, "mmol<180.1558800000541>/L");
  reads("8 fl oz", 8, "fl oz");
  reads("88.7 degF", 88.7, "degF");
  reads("61", 61, null);
  expect(parseNumber("48.5 ms")).toBe(48.5);
});

test("everything else is refused", () => {
  const refuses = (value: unknown) => expect([value, parseNumber(value)]).toEqual([value, undefined]);

  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "NaN", "Infinity", "1e999"]) refuses(value);
  for (const value of ["808.742.334", "1,234.5", "1.234,5", "1 234", "1'234", "1_000"]) refuses(value);
  for (const value of ["", " ", "-", ".", "ms", "1e", "0x1F", "0xFF", "0b1", "12:30", "2026-03-02"]) refuses(value);
  for (const value of ["120 over 80", "120/80", "5 mg 10 mL", `1${"0".repeat(200)}`]) refuses(value);
  for (const value of [true, false, null, undefined, {}, [], [1]]) refuses(value);
});

test("every finite number survives being written as text", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(parseNumber(String(value))).toBe(value === 0 ? Number(String(value)) : value);
    }),
  );
});

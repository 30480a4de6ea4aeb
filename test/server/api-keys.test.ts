import fc from "fast-check";
import { expect, test } from "vitest";
import { hashSecret, newApiKey, newSecretFor, parseApiKey, verifySecret } from "../../src/server/api-keys.js";

test("a new key reads back as its parts, whatever pasting puts around it", () => {
  const around = fc.constantFrom("", " ", "\n", "\t", '"', "'", '" ', " '", "\r\n");
  fc.assert(
    fc.property(around, around, (before, after) => {
      const { text, handle, secret } = newApiKey();
      expect(parseApiKey(before + text + after)).toEqual({ handle, secret });
    }),
    { numRuns: 50 },
  );
});

test("a key has a handle of 12 and a secret of 43 characters, none of them an underscore", () => {
  const { text } = newApiKey();
  expect(text).toMatch(/^ss_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/);
});

test("what is cut off, made longer or altered is no key", () => {
  const { text } = newApiKey();
  const broken = [
    "",
    "ss_",
    text.slice(0, -1),
    `${text}a`,
    text.replace("ss_", "sk_"),
    `${text} ${text}`,
    text.replaceAll("_", "-"),
  ];
  expect(broken.map(parseApiKey)).toEqual(broken.map(() => undefined));
});

test("a rotated key keeps its handle and gets another secret", () => {
  const { handle, secret } = newApiKey();
  const next = newSecretFor(handle);
  expect(parseApiKey(next.text)).toEqual({ handle, secret: next.secret });
  expect(next.secret).not.toBe(secret);
});

test("a hash is Argon2id with the agreed costs, and fits its secret only", async () => {
  const hash = await hashSecret("right");
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifySecret(hash, "right")).toBe(true);
  expect(await verifySecret(hash, "wrong")).toBe(false);
});

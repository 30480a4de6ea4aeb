/**
 * Keys as people hold them: `ss_<handle>_<secret>`.
 *
 * The handle is public and finds the row; the secret is known to its holder alone, the store has an Argon2id hash of it
 * (design section 5). Callers may rely on: a new secret carries 256 bits, text of a key never holds `_` but as
 * separator, and `parseApiKey` forgives what pasting does to a key, never a wrong character in it.
 *
 * Whether a key is good is for `auth.ts`; how often Argon2 may run is for `verifier.ts`.
 */
import { randomInt } from "node:crypto";
import argon2 from "argon2";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const handleLength = 12;
/** 62^43 is just above 2^256. */
const secretLength = 43;
const keyPattern = new RegExp(`^ss_([0-9A-Za-z]{${handleLength}})_([0-9A-Za-z]{${secretLength}})$`);

export interface KeyParts {
  handle: string;
  secret: string;
}

/** A new key: its parts, and the whole as it is shown once. */
export function newApiKey(): KeyParts & { text: string } {
  const handle = randomText(handleLength);
  return { handle, ...newSecretFor(handle) };
}

/** A new secret under a handle that stays (`keys rotate`). */
export function newSecretFor(handle: string): { secret: string; text: string } {
  const secret = randomText(secretLength);
  return { secret, text: `ss_${handle}_${secret}` };
}

function randomText(length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += alphabet[randomInt(alphabet.length)];
  return text;
}

/** Reads a key, without the white space and the quotes that come along when people paste (spec section 1.3). */
export function parseApiKey(text: string): KeyParts | undefined {
  const match = keyPattern.exec(text.replace(/^[\s"'`<]+|[\s"'`>,;]+$/g, ""));
  return match ? { handle: match[1]!, secret: match[2]! } : undefined;
}

export function hashSecret(secret: string): Promise<string> {
  return argon2.hash(secret, { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 });
}

export function verifySecret(hash: string, secret: string): Promise<boolean> {
  return argon2.verify(hash, secret);
}

/** What it costs to recognise a key: the first time with Argon2, then from memory (row, HMAC, scope). In process. */
import { join } from "node:path";
import { hashSecret, newApiKey } from "../src/server/api-keys.js";
import { Authenticator } from "../src/server/auth.js";
import { Verifier } from "../src/server/verifier.js";
import { openStore } from "../src/store/open.js";
import { uuidv7 } from "../src/store/uuid.js";

const checks = 5000;

export async function measureKeyChecks(folder: string): Promise<{ firstMs: number; knownMs: number[] }> {
  const store = await openStore({ url: `sqlite:${join(folder, "keys.db")}`, create: true });
  try {
    const user = await store.addUser({ name: "me", email: null, timeZone: "UTC" });
    const { handle, secret, text } = newApiKey();
    await store.addKey({
      id: uuidv7(),
      handle,
      userId: user.userId,
      name: "benchmark",
      scopes: ["ingest", "read"],
      secretHash: await hashSecret(secret),
      requestsPerHour: null,
      bandwidthPerHour: null,
      expiresAt: null,
    });
    const verifier = new Verifier({ localSecret: Buffer.alloc(32, 7) });
    const authenticator = new Authenticator({ store, verifier });
    const check = async () => {
      const startedMs = performance.now();
      await authenticator.authorise({ headers: { authorization: `Bearer ${text}` }, scope: "read" });
      return performance.now() - startedMs;
    };
    const firstMs = await check();
    const knownMs: number[] = [];
    for (let i = 0; i < checks; i++) knownMs.push(await check());
    return { firstMs, knownMs };
  } finally {
    await store.close();
  }
}

/**
 * Checks secrets against hashes, and runs Argon2 as seldom as it can.
 *
 * Callers may rely on: a secret that was right is known for an hour without Argon2 (only Argon2 is skipped: what the row
 * says is read on every request, see `auth.ts`); several checks of one secret at the same time are one; no more than
 * two run at once, since Argon2 shares the few threads that files and compression use too; and when too many wait, the
 * next is refused with `overloaded` instead of waiting for ever.
 *
 * What is remembered is an HMAC under a secret of the store, over the stored hash too: a changed hash forgets the
 * secret, and a dump of this memory logs nobody in.
 */
import { createHmac } from "node:crypto";
import { problem } from "../problem.js";
import { verifySecret } from "./api-keys.js";

const limits = { rememberMs: 3_600_000, remembered: 10_000, running: 2, waiting: 64 };

export interface VerifierOptions {
  /** Of the store: 32 random bytes that never leave it. */
  localSecret: Buffer;
  verify?: (hash: string, secret: string) => Promise<boolean>;
  /** Told of each run of Argon2. */
  onHashed?: (seconds: number) => void;
  now?: () => number;
  limits?: Partial<typeof limits>;
}

export interface Claim {
  handle: string;
  secret: string;
  hash: string;
}

export class Verifier {
  readonly #options: VerifierOptions;
  readonly #limits: typeof limits;
  readonly #now: () => number;
  /** Digest of a right secret to the end of its time; oldest first. */
  readonly #known = new Map<string, number>();
  readonly #checking = new Map<string, Promise<boolean>>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#limits = { ...limits, ...options.limits };
    this.#now = options.now ?? Date.now;
  }

  /** True when the secret was right not long ago; never runs Argon2. */
  remembers(claim: Claim): boolean {
    const digest = this.#digest(claim);
    const untilMs = this.#known.get(digest);
    if (untilMs === undefined) return false;
    if (untilMs > this.#now()) return true;
    this.#known.delete(digest);
    return false;
  }

  async verify(claim: Claim): Promise<boolean> {
    if (this.remembers(claim)) return true;
    const digest = this.#digest(claim);
    const running = this.#checking.get(digest);
    if (running) return running;
    const check = this.#check(claim, digest).finally(() => this.#checking.delete(digest));
    this.#checking.set(digest, check);
    return check;
  }

  async #check({ hash, secret }: Claim, digest: string): Promise<boolean> {
    await this.#enter();
    try {
      const startedMs = performance.now();
      const isRight = await (this.#options.verify ?? verifySecret)(hash, secret);
      this.#options.onHashed?.((performance.now() - startedMs) / 1000);
      if (isRight) this.#remember(digest);
      return isRight;
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#limits.running) {
      this.#running++;
      return;
    }
    if (this.#queue.length >= this.#limits.waiting) {
      throw problem("overloaded", "Too many keys are being checked at the moment; please try again shortly.");
    }
    // The place is handed over by `#leave`, so that nobody can slip in between.
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#running--;
  }

  #remember(digest: string): void {
    this.#known.delete(digest);
    this.#known.set(digest, this.#now() + this.#limits.rememberMs);
    if (this.#known.size <= this.#limits.remembered) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #digest({ handle, secret, hash }: Claim): string {
    // None of the three can hold a NUL: handle and secret by their alphabet, the hash by its format.
    return createHmac("sha256", this.#options.localSecret).update(`${handle}\0${secret}\0${hash}`).digest("base64");
  }
}

/**
 * Who is asking, and what may they do: from the headers of a request to a `Caller`.
 *
 *     headers → key → one row → not revoked, not expired → secret → scope → user
 *
 * Callers may rely on: the row is read on every request, so revocation, expiry and scopes bite at once and everywhere
 * (design section 5); an unknown or unreadable key costs no hash; after a rotation the old secret works until its time
 * is over. Every refusal is a `Problem` whose sentence says what to change, and never repeats what was sent.
 *
 * How much a caller may ask is not settled here. Failures per client address will be braked around `#checkSecret`,
 * before a secret that is not remembered is hashed: that is the only expensive step.
 */
import { type Problem, problem } from "../problem.js";
import { refuseParameter } from "../query/refuse.js";
import type { ApiKey, Scope, Store, User } from "../store/store.js";
import { type KeyParts, parseApiKey } from "./api-keys.js";
import type { Verifier } from "./verifier.js";

export interface Caller {
  keyId: string;
  scopes: readonly Scope[];
  /** Whom the key belongs to. */
  owner: User;
  /** Whose data the request is about: the owner, unless `?user=` names another. */
  user: User;
}

/** Header values as Node gives them. */
export type Headers = Record<string, string | string[] | undefined>;

export interface AccessRequest {
  headers: Headers;
  scope: Scope;
  /** Value of `?user=`, if any. */
  userName?: string | undefined;
}

export interface AuthenticatorOptions {
  store: Pick<Store, "keyByHandle" | "users">;
  verifier: Verifier;
  onFailure?: () => void;
  now?: () => number;
}

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #now: () => number;
  #usedKeys = new Set<string>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async authorise({ headers, scope, userName }: AccessRequest): Promise<Caller> {
    const key = await this.#authenticate(headers);
    if (!hasScope(key.scopes, scope)) {
      throw problem("forbidden", `This key may not ${deeds[scope]}: it lacks the scope ${scope}.`, {
        hint: `Make another key: selfsensored keys create --scope ${scope}`,
      });
    }
    const user = await this.#resolveUser(key, scope, userName);
    return { keyId: key.id, scopes: key.scopes, owner: key.user, user };
  }

  /** Ids of the keys that were good since the last call: what `Store.noteKeyUse` wants to know. */
  takeUsedKeys(): string[] {
    const ids = [...this.#usedKeys];
    this.#usedKeys = new Set();
    return ids;
  }

  async #authenticate(headers: Headers): Promise<ApiKey & { user: User }> {
    try {
      const text = findKeyText(headers);
      if (text === undefined) throw unauthorised("The request carries no key.");
      const parts = parseApiKey(text);
      if (!parts) throw unauthorised("What was sent as key is not one of selfsensored (ss_…); was it pasted whole?");
      const key = await this.#options.store.keyByHandle(parts.handle);
      if (!key) throw unauthorised("This key is not known here.");
      if (key.revokedAt !== null) throw unauthorised("This key was revoked.");
      if (key.expiresAt !== null && Date.parse(key.expiresAt) <= this.#now()) {
        throw unauthorised("This key has expired.");
      }
      if (!(await this.#checkSecret(key, parts))) throw unauthorised("This key is not known here.");
      this.#usedKeys.add(key.id);
      return key;
    } catch (error) {
      if ((error as Partial<Problem>).code === "unauthorized") this.#options.onFailure?.();
      throw error;
    }
  }

  async #checkSecret(key: ApiKey, parts: KeyParts): Promise<boolean> {
    const { verifier } = this.#options;
    const claims = [{ ...parts, hash: key.secretHash }];
    if (key.previousHash !== null && (key.previousUntilMs ?? 0) > this.#now()) {
      claims.push({ ...parts, hash: key.previousHash });
    }
    // Memory first for both: else a phone with the old secret would cost a hash at every request.
    if (claims.some((claim) => verifier.remembers(claim))) return true;
    for (const claim of claims) if (await verifier.verify(claim)) return true;
    return false;
  }

  /** Contract section 3: admin reads any user; data sent for one person never lands with another. */
  async #resolveUser(key: ApiKey & { user: User }, scope: Scope, userName: string | undefined): Promise<User> {
    if (userName === undefined || userName === key.user.name) return key.user;
    if (scope === "ingest") throw problem("forbidden", "A key takes in data for its own user only.");
    if (!key.scopes.includes("admin")) {
      throw problem("forbidden", "This key sees its own user's data only; other users need the scope admin.");
    }
    const user = (await this.#options.store.users()).find(({ name }) => name === userName);
    if (!user) throw refuseParameter("user", "The parameter user must be the name of a user here.");
    return user;
  }
}

const deeds: Record<Scope, string> = { ingest: "send data", read: "read data", admin: "do this" };

function hasScope(scopes: readonly Scope[], scope: Scope): boolean {
  return scopes.includes(scope) || (scope === "read" && scopes.includes("admin"));
}

function unauthorised(detail: string): Problem {
  return problem("unauthorized", detail);
}

/**
 * Of several headers the first present one counts, in the order of contract section 3. An Authorization of another kind
 * belongs to a proxy in front, which passes it on: the key is in the header after it.
 */
function findKeyText(headers: Headers): string | undefined {
  const sent: string[] = [];
  for (const name of ["authorization", "x-api-key", "api-key"]) {
    const value = headers[name];
    const text = (Array.isArray(value) ? value.join(",") : value)?.trim();
    if (text) sent.push(text);
  }
  const text = sent.find((text) => !/^(basic|digest|negotiate)\s/i.test(text)) ?? sent[0];
  return text?.replace(/^["'\s]*bearer(\s+|$)/i, "");
}

/** Names every request, so that what the phone shows can be found in the log (contract section 3.2). */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The id that the sender chose, when it is well formed; else a new one. */
export function chooseRequestId(request: Pick<IncomingMessage, "headers">): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID();
}

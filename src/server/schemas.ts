/** Answers that the server itself makes; those of queries are in `query/schemas.ts`. */
import { z } from "zod";
import { receipt as storedReceipt } from "../query/answers.js";

/** RFC 9457, contract section 3.2. Further members may come: `ingestion_id`, `parameter`. */
export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string(),
    detail: z.string().describe("One sentence for the person holding the phone."),
    hint: z.string().optional().describe("What to do next."),
    request_id: z.string(),
  })
  .meta({ id: "Problem" });

export const hintSchema = z.object({ message: z.string(), documentation: z.string() }).meta({ id: "Hint" });

export const livenessSchema = z.object({ status: z.literal("ok"), version: z.string() }).meta({ id: "Liveness" });

export const readinessSchema = z.object({ status: z.literal("ready"), version: z.string() }).meta({ id: "Readiness" });

/** What a delivery is answered with (contract section 3.1). Asked for later, it says some more. */
export const receiptSchema = z
  .looseObject(storedReceipt.omit({ processed_at: true, via: true, file_name: true, body_bytes: true }).shape)
  .extend({ status: z.enum(["processed", "partial", "accepted", "duplicate", "rejected"]) })
  .meta({ id: "Receipt" });

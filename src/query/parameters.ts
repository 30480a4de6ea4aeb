/**
 * The parameters of read routes: what each may be, and what a person is told who wrote it differently.
 *
 * Callers may rely on two things: `readParameters` either gives the parameters in the types that the queries take, or
 * throws `invalid_parameter` with a sentence that names the parameter and what it must be, never what was sent; and a
 * parameter that a route does not know is such a failure too, because a misspelt `form=` would otherwise answer
 * something else than was asked.
 *
 * What `from` and `to` mean depends on the zone and is settled in `range.ts`.
 */
import { z } from "zod";
import { eventTypes } from "../health/record.js";
import { isTimeZone } from "../health/zone.js";
import { parseMoment } from "./range.js";
import { refuseParameter } from "./refuse.js";

export const defaultLimit = 1000;
export const maxLimit = 10_000;

export const buckets = ["raw", "minute", "hour", "day", "week", "month"] as const;
export type Bucket = (typeof buckets)[number];

export const aggs = ["avg", "min", "max", "sum", "count", "last"] as const;
export type Agg = (typeof aggs)[number];

/** What each parameter must be, as the end of "The parameter … must be". */
const expectations: Record<string, string> = {
  limit: `a whole number from 1 to ${maxLimit}`,
  cursor: "the next_cursor of an earlier answer",
  from: "an instant such as 2026-03-02T08:00:00Z or a date such as 2026-03-02",
  to: "an instant such as 2026-03-02T08:00:00Z or a date such as 2026-03-02",
  tz: "the name of a time zone such as Europe/Berlin",
  bucket: `one of ${buckets.join(", ")}`,
  agg: `one of ${aggs.join(", ")}`,
  format: "one of the formats of this route",
  metrics: "names of metrics, separated by commas",
  type: "a type that this route knows",
  near: "latitude, longitude and metres, separated by commas",
  bbox: "west, south, east and north in degrees, separated by commas",
  errors: "all",
};

const limit = z
  .string()
  .regex(/^[1-9]\d{0,4}$/)
  .transform(Number)
  .refine((count) => count <= maxLimit)
  .default(defaultLimit)
  .meta({
    type: "integer",
    minimum: 1,
    maximum: maxLimit,
    pattern: undefined,
    description: `${defaultLimit} when absent.`,
  });

const cursor = z.string().min(1).optional().meta({ description: "`next_cursor` of the page before." });

const moment = z
  .string()
  .refine((text) => parseMoment(text) !== undefined)
  .optional();
const from = moment.meta({
  description: "First instant (RFC 3339), or a date: from the beginning of that local day. Included.",
});
const to = moment.meta({
  description: "Instant (RFC 3339) up to which, not included; or a date: to the end of that local day.",
});

const tz = z
  .string()
  .refine(isTimeZone)
  .optional()
  .meta({ description: "Zone that cuts days and hours, and in which bare dates are read; else the user's." });

/** Whose data: the server has settled it before a query runs, so it is only let through here. */
const user = z.string().optional().meta({ description: "Name of the user; another than the key's own needs `admin`." });

const name = z.string().min(1).meta({ description: "Name of the metric; every spelling that is accepted on input." });
const id = z.string().min(1);

const numbers = (count: number) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part))))
    .refine((parts) => parts.length === count && parts.every(Number.isFinite));

const isLatitude = (degrees: number) => Math.abs(degrees) <= 90;
const isLongitude = (degrees: number) => Math.abs(degrees) <= 180;

const near = numbers(3)
  .refine(([latitude, longitude, metres]) => isLatitude(latitude!) && isLongitude(longitude!) && metres! >= 0)
  .transform(([latitude, longitude, metres]) => ({ latitude: latitude!, longitude: longitude!, metres: metres! }))
  .optional()
  .meta({ description: "`lat,lon,metres`: only workouts whose route comes this near (geodesic distance)." });

const bbox = numbers(4)
  .refine(([w, s, e, n]) => isLongitude(w!) && isLongitude(e!) && isLatitude(s!) && isLatitude(n!) && s! <= n!)
  .transform(([west, south, east, north]) => ({ west: west!, south: south!, east: east!, north: north! }))
  .optional()
  .meta({ description: "`w,s,e,n`: only workouts whose route meets the box; west of `e` from `w` may cross 180°." });

const metrics = z
  .string()
  .min(1)
  .transform((text) => text.split(",").map((part) => part.trim()))
  .refine((names) => names.every((part) => part !== ""))
  .optional()
  .meta({ description: "Names of metrics, separated by commas; else all." });

const page = { limit, cursor, user };
const list = { from, to, ...page };

const points = {
  ...list,
  bucket: z.enum(buckets).default("raw"),
  agg: z.enum(aggs).optional().meta({ description: "Else by the kind of the metric: sum, avg or last." }),
  tz,
  source: z.string().optional(),
  format: z.enum(["json", "csv", "ndjson"]).default("json"),
};

export const listParameters = z.strictObject(list);
export const pageParameters = z.strictObject(page);
export const oneParameters = z.strictObject({ id, user });
export const ingestionParameters = z.strictObject({
  id,
  errors: z.literal("all").optional().meta({ description: "Every rejected item instead of the first hundred." }),
  user,
});
export const metricParameters = z.strictObject({ name, ...points });
export const pointsParameters = z.strictObject(points);
export const dailyParameters = z.strictObject({ ...list, metrics });
export const eventsParameters = z.strictObject({ ...list, type: z.enum(eventTypes).optional() });
export const workoutsParameters = z.strictObject({ ...list, type: z.string().min(1).optional(), near, bbox });
export const routeParameters = z.strictObject({ id, format: z.enum(["geojson", "gpx"]).default("geojson"), user });
export const samplesParameters = z.strictObject({ id, series: z.string().min(1).optional(), ...page });

export type PointsParameters = z.output<typeof pointsParameters>;

/** The parameters of one request, checked. `sent` are the parts of the address and the query string together. */
export function readParameters<T extends z.ZodType>(schema: T, sent: Record<string, unknown>): z.output<T> {
  const read = schema.safeParse(sent);
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  const isUnknown = issue.code === "unrecognized_keys";
  const parameter = String(isUnknown ? issue.keys[0] : issue.path[0]).slice(0, 100);
  throw refuseParameter(
    parameter,
    isUnknown
      ? `There is no parameter ${JSON.stringify(parameter)} here.`
      : Array.isArray(sent[parameter])
        ? `The parameter ${parameter} is given more than once.`
        : `The parameter ${parameter} must be ${expectations[parameter] ?? "a text"}.`,
  );
}

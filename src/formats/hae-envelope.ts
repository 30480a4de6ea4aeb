/**
 * The envelope around what Health Auto Export sends, in all its variants (spec section 2, contract section 3.2).
 *
 * Anything that is not an envelope becomes a complaint about the whole document; the rest of it is still read.
 */
import { arrayTypes, type Decoding } from "./hae-event.js";
import { ItemsScope } from "./hae-items.js";
import { MetricScope } from "./hae-metric.js";
import type { Scope, Treatment } from "./json-cutter.js";
import type { Kind } from "./json-grammar.js";

export class RootScope implements Scope {
  private readonly to: Decoding;

  constructor(to: Decoding) {
    this.to = to;
  }

  begin(kind: Kind): Treatment {
    if (kind === "object") return { walk: new EnvelopeScope(this.to, true) };
    if (kind === "array") return { walk: new EnvelopesScope(this.to) };
    return complain(this.to, "The body is JSON, but neither an object nor an array of objects.");
  }
}

/** Envelopes that somebody put one after the other in an array. */
class EnvelopesScope implements Scope {
  private readonly to: Decoding;

  constructor(to: Decoding) {
    this.to = to;
  }

  begin(kind: Kind): Treatment {
    if (kind === "object") return { walk: new EnvelopeScope(this.to, true) };
    return complain(this.to, "The body is an array of something else than objects.");
  }
}

/** The envelope itself, or its `data`: the same arrays may stand in either. */
class EnvelopeScope implements Scope {
  private readonly to: Decoding;
  private readonly isRoot: boolean;

  constructor(to: Decoding, isRoot: boolean) {
    this.to = to;
    this.isRoot = isRoot;
  }

  begin(kind: Kind, key: string): Treatment {
    const { to, isRoot } = this;
    const type = arrayTypes.find((known) => known === key);
    const isData = isRoot && key === "data";
    if (!isData && type === undefined && key !== "metrics") {
      to.envelope.unknownKeys++;
      to.tell([{ kind: "unknownKey", key: key.slice(0, 100) }]);
      return "skip";
    }
    to.envelope.knownKeys++;
    if (kind === "null") return "skip";
    if (isData) {
      if (kind === "object") return { walk: new EnvelopeScope(to, false) };
      return complain(to, "The body is JSON, but its data is not an object.");
    }
    if (kind !== "array") {
      to.tell([{ kind: "unreadable", type: type ?? "metric", index: 0, reason: `${key} is not an array` }]);
      return "skip";
    }
    return type === undefined ? { walk: new MetricsScope(to) } : { stream: new ItemsScope(to, type) };
  }
}

class MetricsScope implements Scope {
  private readonly to: Decoding;

  constructor(to: Decoding) {
    this.to = to;
  }

  begin(kind: Kind): Treatment {
    const section = this.to.sections++;
    if (kind === "object") return { walk: new MetricScope(this.to, section) };
    this.to.tell([{ kind: "unreadable", type: "metric", section, index: 0, reason: "the metric is not an object" }]);
    return "skip";
  }
}

function complain(to: Decoding, complaint: string): Treatment {
  to.envelope.complaint ||= complaint;
  return "skip";
}

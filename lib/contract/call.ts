/**
 * The identity of a durable call (R4): its kind, its name, and its ordinal among the calls of that
 * name in the run. `step//./src/order//charge:2` is the second call of the step `charge`,
 * `sleep//order#0:1` the first time the first `sleep` in `order` was reached.
 */
export type CallKey = string;

/** `child`: the end of another run. */
export type CallKind = "step" | "sleep" | "hook" | "child";

export interface ParsedCall {
  kind: CallKind;
  /** The id of a step, or kind and site. */
  name: string;
  ordinal: number;
}

export function buildCallKey(name: string, ordinal: number): CallKey {
  return `${name}:${ordinal}`;
}

export function parseCallKey(call: CallKey): ParsedCall {
  const end = call.lastIndexOf(":");
  const name = call.slice(0, end);
  const kind = name.slice(0, name.indexOf("//")) as CallKind;
  return { kind, name, ordinal: Number(call.slice(end + 1)) };
}

/** As people say it: `step "charge"`, `call 2 of step "charge"`, `sleep "order#0"`. */
export function describeCall(call: CallKey): string {
  const { kind, name, ordinal } = parseCallKey(call);
  const shortName = kind === "step" ? name.slice(name.lastIndexOf("//") + 2) : siteOf(name);
  const title = `${kind} "${shortName}"`;
  return ordinal === 1 ? title : `call ${ordinal} of ${title}`;
}

/** A name that was given explicitly stands behind `=`. */
function siteOf(name: string): string {
  return name.slice(name.indexOf("//") + 2).replace(/^=/, "");
}

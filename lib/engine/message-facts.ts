/** What requests and responses say of themselves besides address, status, headers and body. */
import { define, MalformedParts } from "../codec/codec-type";

export type Facts = Record<string, string | number | boolean>;

/** An older version may have stored fewer of them, a later one more. */
export function knownFacts(part: unknown, usual: Facts): Facts {
  if (typeof part !== "object" || part === null) {
    throw new MalformedParts("a message without its fields");
  }
  const given = part as Record<string, unknown>;
  const facts: Facts = {};
  for (const [name, usually] of Object.entries(usual)) {
    const value = Object.hasOwn(given, name) ? given[name] : usually;
    if (typeof value !== typeof usually) throw new MalformedParts(`its ${name} is something else`);
    facts[name] = value as Facts[string];
  }
  return facts;
}

/** Gives a message those facts that its constructor does not take. Its clones have them too. */
export function withFacts<M extends Request | Response>(message: M, facts: Facts): M {
  const missing = Object.keys(facts).filter(
    (name) => (message as unknown as Facts)[name] !== facts[name],
  );
  if (missing.length === 0) return message;
  for (const name of missing) define(message, name, facts[name], false);
  const clone = message.clone.bind(message) as () => M;
  define(message, "clone", () => withFacts(clone(), facts), false);
  return message;
}

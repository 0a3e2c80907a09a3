/** What the tests evaluate inside the realm: the globals, the codec, and the tables of values. */
import { createCodec } from "../../lib/codec/codec";
import { SerializationError } from "../../lib/contract/error";
import { adoptRun, installGlobals } from "../../lib/replay/globals/install";
import { createClassRegistry } from "../../lib/replay/realm/class-registry";
import type { GlobalsHost } from "../../lib/replay/realm/globals-host";
import { StepReferences } from "../../lib/replay/realm/step-references";
import { realmTypes } from "../../lib/replay/realm/value-types";
import { webClass } from "../../lib/replay/realm/web-classes";
import { difference } from "./difference";
import { type RandomKind, randomValue } from "./random-values";
import { charge, CHARGE, CLASSES } from "./registered";
import { VALUES } from "./values";

const references = new StepReferences();
const classes = createClassRegistry();
for (const [id, fn] of Object.entries(CLASSES)) classes.add(id, fn as never);
references.add(charge, CHARGE, undefined);

const codec = createCodec(
  {
    stepOf: (fn) => references.find(fn),
    makeStep(id, captured, receiver) {
      const stub = references.add(async () => id, id, captured && (() => captured));
      return receiver === undefined ? stub : references.bind(stub, receiver);
    },
    classIdOf: classes.idOf,
    classOf: classes.find,
    webClass,
  },
  realmTypes,
);

export function install(host: GlobalsHost): void {
  const readBody = () => Promise.reject(new Error("There are no bodies here"));
  adoptRun(host, readBody);
  installGlobals(globalThis, "everstep-bundle-test.js");
}

/** The text of a value of the table that is made of the realm's classes. */
export function encodeNamed(name: string): string {
  return codec.encode(VALUES[name]!(), "step arguments");
}

export function differenceToNamed(name: string, text: string): string | null {
  return difference(VALUES[name]!(), codec.decode(text));
}

export function encodeRandom(seed: number): string {
  return codec.encode(randomValue(seed), "step arguments");
}

export function differenceToRandom(seed: number, text: string, kind?: RandomKind): string | null {
  return difference(randomValue(seed, kind), codec.decode(text));
}

/** `read`, or the code of the refusal. */
export function outcome(text: string): string {
  try {
    codec.decode(text);
    return "read";
  } catch (error) {
    return SerializationError.is(error) ? error.code : `thrown: ${String(error)}`;
  }
}

/** In as text, made into a value, out as text. */
export function echo(text: string): string {
  return codec.encode(codec.decode(text), "step return value");
}

/** Runs code that knows the codec; only text may come back (R2). */
export function run(code: string): string {
  const api = { codec, references, CLASSES, difference };
  return String(
    new Function(...Object.keys(api), `return (() => { ${code} })()`)(...Object.values(api)),
  );
}

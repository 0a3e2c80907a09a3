/**
 * Random values, nested and shared and cyclic, make the round trip between host and sandbox. Each
 * side makes the same value from the same seed of its own classes, and compares with that.
 * EVERSTEP_SEED repeats a run; EVERSTEP_DEEP makes it long.
 */
import { SerializationError } from "../../lib/contract/error";
import { difference } from "./difference";
import { codec } from "./host";
import { randomValue } from "./random-values";
import { createRealm } from "./realm";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
const VALUES = process.env.EVERSTEP_DEEP === "1" ? 50_000 : 1_500;
const realm = createRealm();

/** What went wrong, or null. */
function tryOut(seed: number): string | null {
  const text = codec.encode(randomValue(seed), "step arguments");
  if (text !== realm.encodeRandom(seed)) return "the sides write different texts";
  const inside = realm.differenceToRandom(seed, text);
  if (inside !== null) return `inside: ${inside}`;
  const back = realm.echo(text);
  if (back !== text) return "the realm writes another text than it read";
  const outside = difference(randomValue(seed), codec.decode(back));
  return outside === null ? null : `outside: ${outside}`;
}

/** Where an instance leads back to what holds it, the value is refused; else it comes back. */
function tryTangled(seed: number): string | null {
  let text: string;
  try {
    text = codec.encode(randomValue(seed, "tangled"), "step arguments");
  } catch (error) {
    if (!SerializationError.is(error)) throw error;
    return error.message.includes("inside of what it is made from") ? "refused" : error.message;
  }
  const inside = realm.differenceToRandom(seed, text, "tangled");
  return inside ?? difference(randomValue(seed, "tangled"), codec.decode(text));
}

/** What of an error cannot be stored leaves no trace in the rest of the value. */
function tryBroken(seed: number): string | null {
  const text = codec.encode(randomValue(seed, "broken"), "step arguments");
  const mended = codec.encode(randomValue(seed, "mended"), "step arguments");
  if (text !== mended) return "what was left out shows in the text";
  const inside = realm.differenceToRandom(seed, text, "mended");
  return inside ?? difference(randomValue(seed, "mended"), codec.decode(text));
}

test(`P7: ${VALUES} random values come back as they were, seed ${SEED}`, () => {
  let characters = 0;
  for (let seed = SEED; seed < SEED + VALUES; seed++) {
    expect({ seed, problem: tryOut(seed) }).toEqual({ seed, problem: null });
    characters += codec.encode(randomValue(seed), "step arguments").length;
  }
  // They are not all empty.
  expect(characters / VALUES).toBeGreaterThan(100);
}, 600_000);

test(`SR-17: ${VALUES} values with tangled instances come back or are refused, seed ${SEED}`, () => {
  let refused = 0;
  for (let seed = SEED; seed < SEED + VALUES; seed++) {
    const problem = tryTangled(seed);
    if (problem === "refused") refused++;
    else expect({ seed, problem }).toEqual({ seed, problem: null });
  }
  expect(refused).toBeGreaterThan(VALUES / 1000);
  expect(refused).toBeLessThan(VALUES / 2);
}, 600_000);

test(`SR-09: ${VALUES} values lose what their errors cannot keep and no more, seed ${SEED}`, () => {
  for (let seed = SEED; seed < SEED + VALUES; seed++) {
    expect({ seed, problem: tryBroken(seed) }).toEqual({ seed, problem: null });
  }
}, 600_000);

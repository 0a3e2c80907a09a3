/** What is too large or too deep is refused, not crashed on; what is just within comes back. */
import { MAX_BIGINT_DIGITS, MAX_DEPTH, MAX_TEXT } from "../../lib/codec/limits";
import { SerializationError } from "../../lib/contract/error";
import { codec, roundTrip } from "./host";
import { createRealm } from "./realm";
import { Purse } from "./registered";

const realm = createRealm();

function refusal(value: unknown): SerializationError {
  try {
    codec.encode(value, "workflow return value");
  } catch (error) {
    if (SerializationError.is(error)) return error;
    throw error;
  }
  throw new Error("It was stored");
}

const NESTINGS: Record<string, [levels: number, wrap: (inner: unknown) => unknown]> = {
  objects: [1, (a) => ({ a })],
  arrays: [1, (a) => [a]],
  maps: [1, (a) => new Map([["a", a]])],
  "keys of maps": [1, (a) => new Map([[a, 1]])],
  sets: [1, (a) => new Set([a])],
  "sparse arrays": [1, (a) => Object.assign([], { 2: a })],
  "objects without a prototype": [1, (a) => Object.assign(Object.create(null) as object, { a })],
  instances: [3, (a) => new Purse(a as never)],
};

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1n;
  for (let n = 0; n < levels; n++) value = wrap(value);
  return value;
}

test.each(Object.entries(NESTINGS))("%s nest as deep as the limit, on both sides", (_, nesting) => {
  const [each, wrap] = nesting;
  const most = Math.floor(MAX_DEPTH / (each === 3 ? 2 : 1));
  const text = codec.encode(nested(most, wrap), "step arguments");
  expect(realm.echo(text)).toBe(text);
  expect(codec.encode(codec.decode(text), "step arguments")).toBe(text);
  expect(refusal(nested(most + 1, wrap)).code).toBe("VALUE_TOO_DEEP");
  expect(refusal(nested(30_000, wrap)).code).toBe("VALUE_TOO_DEEP");
});

test("thousands of objects beside each other are not deep", () => {
  const value = Array.from({ length: 5_000 }, (_, n) => ({ n, at: [new Map(), new Set([1n])] }));
  const text = codec.encode(value, "step arguments");
  expect(codec.decode(text)).toEqual(value);
  expect(realm.echo(text)).toBe(text);
});

test("the message of what is too deep has the limit, and a path that is cut in its middle", () => {
  const { message, path } = refusal(nested(5_000, (a) => ({ next: a })));
  expect(path).toMatch(/^(?:\.next){30}…(?:\.next){30}$/);
  expect(message.split("\n")[0]).toBe(
    `Failed to serialize workflow return value at path "${path}": found more levels of nesting ` +
      "than the 1,000 that can be stored.",
  );
});

test("getters that always give another object end at the limit", () => {
  class Endless {
    static wrap(): object {
      return {
        get next() {
          return Endless.wrap();
        },
      };
    }
  }
  expect(refusal(Endless.wrap()).code).toBe("VALUE_TOO_DEEP");
  const list = (): object => Object.defineProperty([1], 0, { enumerable: true, get: list });
  expect(refusal(list()).code).toBe("VALUE_TOO_DEEP");
});

test("a value that is stored where little of the stack is left is refused or stored", () => {
  const value = nested(900, (a) => ({ a }));
  const codes = new Set<string>();
  let level = 0;
  const fall = (): void => {
    try {
      fall();
    } catch (thrown) {
      if (++level % 50 !== 0) throw thrown;
      try {
        codec.encode(value, "step arguments");
        codes.add("stored");
      } catch (error) {
        codes.add(SerializationError.is(error) ? error.code : "other");
      }
      throw thrown;
    }
  };
  // Below the end of the stack itself anything may overflow, the error that is made included.
  expect(fall).toThrow(RangeError);
  expect(codes).toContain("stored");
  expect(codes).toContain("VALUE_TOO_DEEP");
});

const LARGE: [string, () => unknown][] = [
  ["a text", () => "x".repeat(MAX_TEXT)],
  ["a text that grows when it is escaped", () => "\0".repeat(MAX_TEXT / 4)],
  ["many texts", () => new Array(20).fill("x".repeat(1_000_000))],
  ["a key", () => ({ ["x".repeat(MAX_TEXT)]: 1 })],
  ["bytes", () => new Uint8Array(MAX_TEXT)],
  ["a buffer", () => new ArrayBuffer(200_000_000)],
  ["parts of bytes", () => Array.from({ length: 20 }, () => new Uint8Array(800_000))],
  ["a list of numbers", () => new Array(MAX_TEXT / 2 + 1).fill(1)],
  ["a list of long numbers", () => new Array(1_200_000).fill(Math.PI)],
  ["a sparse list", () => Object.assign(new Array(4_300_000).fill(1), { length: 4_300_001 })],
  ["a text in a map", () => new Map([["a", "x".repeat(MAX_TEXT)]])],
  ["a bigint", () => 1n << BigInt(4 * MAX_BIGINT_DIGITS)],
  ["a text in an error", () => Object.assign(new Error("no"), { text: "x".repeat(MAX_TEXT) })],
];

test.each(LARGE)("%s that is too large is refused with a code", (_, make) => {
  const { code, message } = refusal({ of: make() });
  expect(code).toBe("VALUE_TOO_LARGE");
  expect(message).toMatch(/found (?:more than 16,777,216 characters|a bigint of more than 1,0)/);
  expect(message).toContain("Store the data elsewhere and pass a reference to it.");
});

test("a value of just the largest size comes back", () => {
  const text = "x".repeat(MAX_TEXT - 4);
  expect(codec.encode(text, "step arguments")).toHaveLength(MAX_TEXT);
  expect(roundTrip(text) === text).toBe(true);
  expect(refusal(text + "x").code).toBe("VALUE_TOO_LARGE");
  const bytes = new Uint8Array(9_000_000).fill(3);
  expect(Buffer.compare(roundTrip(bytes) as Uint8Array, bytes)).toBe(0);
  for (const most of [2n ** 3_999_999n - 1n, -(2n ** 3_999_999n)]) {
    expect(roundTrip(most) === most).toBe(true);
  }
});

test("the longest array there is costs no more than what it holds", () => {
  const longest = new Array(2 ** 32 - 1);
  const { length } = roundTrip(longest) as unknown[];
  expect([length, codec.encode(longest, "step arguments")]).toEqual([
    2 ** 32 - 1,
    '1r["~Sparse",4294967295]',
  ]);
  longest[2 ** 32 - 2] = longest[5_000_000] = "x";
  expect(Object.entries(roundTrip(longest) as unknown[])).toEqual([
    ["5000000", "x"],
    ["4294967294", "x"],
  ]);
});

test("what an error takes back does not count towards its size", () => {
  const field = (): unknown[] => ["x".repeat(6_000_000), () => 1];
  const error = Object.assign(new Error("no"), { a: field(), b: field(), c: field(), d: "kept" });
  expect(Object.keys(roundTrip(error) as object)).toEqual(["d"]);
});

/** A failure is stored whatever it is: one that is lost would take its run with it. */
import assert from "node:assert";
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { FatalError, RetryableError } from "../../lib/contract/step-error";
import { codec } from "./host";
import { createRealm } from "./realm";

const realm = createRealm();

interface Arrived extends Error {
  code?: unknown;
}

/** What a reader gets to see, on the host and, of the same kind, inside the sandbox. */
function thrown(value: unknown): Arrived {
  const text = codec.encodeError(value);
  expect(realm.run(`codec.decode(${JSON.stringify(text)}); return "read"`)).toBe("read");
  return codec.decode(text) as Arrived;
}

function nested(levels: number): Error {
  let error = new Error("level 0");
  for (let n = 1; n < levels; n++) error = new Error(`level ${n}`, { cause: error });
  return error;
}

const throws = (): never => {
  throw new Error("a trap");
};
const TRAPS: ProxyHandler<object> = {
  ...{ get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws },
  getOwnPropertyDescriptor: throws,
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();

const ODDITIES: [string, unknown, RegExp][] = [
  ["a function", function pay() {}, /a function \(pay\)/],
  ["a class", class Order {}, /a class \(Order\)/],
  ["a symbol", Symbol("why"), /a symbol \(why\)/],
  ["a promise", Promise.resolve(), /Promise rejection: a promise - did you forget await\?/],
  ["a WeakMap", new WeakMap(), /an instance of WeakMap/],
  ["a generator", (function* () {})(), /a generator/],
  [
    "an instance with a message",
    Object.assign(new (class Oops {})(), { message: "lost" }),
    /Oops: lost/,
  ],
  ["an object with a function", { message: "no reply", retry() {} }, /an object: no reply/],
  ["a proxy that throws", new Proxy({}, TRAPS), /cannot be (?:read|stored)/],
  ["a proxy of a function", new Proxy(() => 1, TRAPS), /cannot be (?:read|stored)/],
  ["a proxy of an error", new Proxy(new Error("no"), TRAPS), /cannot be (?:read|stored)/],
  ["a revoked proxy", revoked.proxy, /cannot be (?:read|stored)/],
  ["an object that has itself as its class", classOfItself(), /What was thrown/],
  ["a huge bigint", 1n << 5_000_000n, /a bigint/],
];

function classOfItself(): object {
  const value: Record<string, unknown> = Object.create({}) as Record<string, unknown>;
  return Object.assign(value, { constructor: value, then: 1, run: () => 1 });
}

test.each(ODDITIES)("%s that is thrown arrives as an error that says so", (_, value, message) => {
  const error = thrown(value);
  expect(error).toBeInstanceOf(Error);
  expect(error.message).toMatch(message);
});

test.each([["text"], [7], [null], [undefined], [NaN], [-3n], [{ code: 1, list: [new Map()] }]])(
  "what can be stored and is thrown arrives as it is: %p",
  (value) => expect(thrown(value)).toEqual(value),
);

test("getters of an error that throw cost it these fields only", () => {
  const error = new TypeError("no", { cause: 1 });
  for (const key of ["stack", "name", "cause", "code", "details"]) {
    Object.defineProperty(error, key, { get: throws, enumerable: key === "details" });
  }
  expect(thrown(error)).toMatchObject({ name: "TypeError", message: "no" });
  Object.defineProperty(error, "message", { get: throws });
  expect(Object.getPrototypeOf(thrown(error))).toBe(TypeError.prototype);
});

test("a message of 50 million characters is cut, and says how long it was", () => {
  const error = thrown(Object.assign(new RangeError("x".repeat(50_000_000)), { code: "E_LONG" }));
  expect(error).toBeInstanceOf(RangeError);
  expect(error.message).toMatch(/^x{16384}… \(cut, it had 50,000,000 characters\)$/);
  expect(error.code).toBe("E_LONG");
  expect(error.stack!.length).toBeLessThan(70_000);
  expect(codec.encodeError(error).length).toBeLessThan(1024 * 1024);
  expect(thrown("y".repeat(50_000_000))).toMatch(/^y{16384}… \(cut, it had 50,000,000/);
});

test("a long list in an error is given up before its message", () => {
  const error = Object.assign(new Error("no"), {
    rows: new Array(100_000).fill("one of many rows"),
  });
  expect(thrown(error)).toMatchObject({ message: "no", stack: error.stack });
  expect(thrown(error)).not.toHaveProperty("rows");
});

test("a step error that is cut stays what it is, with the time at which to try again", () => {
  const long = "x".repeat(2_000_000);
  const retryAfter = new Date(Date.UTC(2031, 0, 1));
  const error = thrown(new RetryableError(long, { retryAfter }));
  expect([RetryableError.is(error), error]).toMatchObject([true, { retryAfter }]);
  expect(error).toBeInstanceOf(RetryableError);
  expect(thrown(new FatalError(long))).toBeInstanceOf(FatalError);
  expect(thrown(new FatalError(long))).toMatchObject({ name: "FatalError", fatal: true });
});

test("an error of 10,000 causes keeps the first of them", () => {
  const error = thrown(nested(10_000));
  const seen: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) seen.push(at.message);
  expect(seen.slice(0, 3)).toEqual(["level 9999", "level 9998", "level 9997"]);
});

test("errors that are their own cause, also in turn, arrive as that", () => {
  const error = new Error("a");
  error.cause = new TypeError("b", { cause: error });
  const arrived = thrown(error) as { cause: Error };
  expect(arrived.cause.cause).toBe(arrived);
  error.message = "a".repeat(2_000_000);
  expect((thrown(error).cause as Error).message).toBe("b");
});

test("an error that was thrown where the stack had ended is stored", () => {
  let text = "";
  const fall = (): void => {
    try {
      fall();
    } catch (error) {
      text ||= codec.encodeError(error);
      throw error;
    }
  };
  expect(fall).toThrow(RangeError);
  expect((codec.decode(text) as Error).message).toMatch(/call stack|could not be stored/);
});

test("errors of another realm keep class, message and fields (SR-13)", () => {
  const code = 'Object.assign(new TypeError("no", { cause: new Date(5) }), { code: 3 })';
  const error = thrown(vm.runInNewContext(code));
  expect(Object.getPrototypeOf(error)).toBe(TypeError.prototype);
  expect(error).toMatchObject({ message: "no", code: 3, cause: new Date(5) });
});

const REAL: [string, () => unknown, object][] = [
  [
    "a missing file",
    () => readFileSync("/nowhere"),
    { name: "Error", code: "ENOENT", syscall: "open", path: "/nowhere", errno: -2 },
  ],
  ["an address", () => new URL("nowhere"), { name: "TypeError", code: "ERR_INVALID_URL" }],
  ["a wrong argument", () => Buffer.from(1 as never), { code: "ERR_INVALID_ARG_TYPE" }],
  ["JSON", () => JSON.parse("{"), { name: "SyntaxError" }],
  [
    "an assertion",
    () => assert.deepEqual({ a: 1n }, { a: 2n }),
    { name: "AssertionError", actual: { a: 1n }, expected: { a: 2n }, operator: "deepEqual" },
  ],
  [
    "a signal",
    () => AbortSignal.abort().throwIfAborted(),
    { name: "AbortError", code: 20, message: "This operation was aborted" },
  ],
  [
    "a class of a library",
    () => {
      throw new LibraryError({ url: "/pay", retry: () => 1 });
    },
    { name: "LibraryError", message: "Status 402", status: 402, cause: { message: "inner" } },
  ],
];

class LibraryError extends Error {
  readonly status = 402;
  constructor(readonly config: object) {
    super("Status 402", { cause: new Error("inner") });
  }
  override get name() {
    return "LibraryError";
  }
  toJSON() {
    return "nothing";
  }
}

test.each(REAL)("SR-09: what %s throws arrives with all that it says", (_, run, expected) => {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  const error = thrown(caught);
  expect(error).toMatchObject(expected);
  const { message, stack } = caught as Error;
  expect([error.message, error.stack]).toEqual([message, stack]);
  expect(error).not.toHaveProperty("config");
});

test("what only calls itself an error is none (P7)", () => {
  class Fake {
    readonly [Symbol.toStringTag] = "Error";
  }
  class Liar {
    get [Symbol.toStringTag]() {
      return "Error";
    }
  }
  for (const value of [new Fake(), new Liar()]) {
    expect(() => codec.encode(value, "step return value")).toThrow(/Found an instance of/);
    expect(thrown(value).message).toMatch(/an instance of/);
  }
});

test("an error that stops answering while it is stored is still a failure", () => {
  for (let answers = 0; answers < 40; answers++) {
    let left = answers;
    const answer = (key: keyof typeof Reflect) => [
      key,
      (...args: never[]) => (left-- > 0 ? Reflect.apply(Reflect[key], Reflect, args) : throws()),
    ];
    const traps = Object.keys(TRAPS).map((key) => answer(key as keyof typeof Reflect));
    const error = thrown(new Proxy(new TypeError("no"), Object.fromEntries(traps) as object));
    expect(error.message).toMatch(/^no$|cannot be|could not be stored/);
  }
});

test("inside the sandbox a failure is stored like on the host", () => {
  const messages = realm.run(`
    const trap = new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } });
    const values = [() => 1, Symbol("s"), trap, new Error("x".repeat(3e6)), Promise.resolve()];
    return values.map((value) => codec.decode(codec.encodeError(value)).message.slice(0, 60)).join("|");
  `);
  expect(messages).toMatch(
    /a function.*\|.*a symbol \(s\)\|.*cannot be.*\|x{60}\|Promise rejection/,
  );
});

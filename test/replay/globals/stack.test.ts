/** `error.stack` shows the frames of the bundle, and says the same on every machine (R5). */
import { type Realm } from "./realm";
import { newRealm } from "./realm-script";

/** Enters the realm from far down the host's stack. */
function fromDepth(depth: number, realm: Realm, code: string): string {
  return depth === 0 ? realm.text(code) : fromDepth(depth - 1, realm, code);
}

const ONLY_OURS = /^\w*Error(: .*)?(\n {4}at .*everstep-bundle-test\.js:\d+:\d+\)?)*$/;

const ERRORS: Record<string, string> = {
  "made by hand": `new Error("m").stack`,
  "of a subclass": `new (class MyError extends TypeError { name = "MyError" })("m").stack`,
  "of the engine": `(() => { try { null.x } catch (e) { return e.stack } })()`,
  "of a global": `(() => { try { new Headers({ "a b": "1" }) } catch (e) { return e.stack } })()`,
  "of a guard": `(() => { try { atob("?") } catch (e) { return e.stack } })()`,
  "through a callback": `(() => { let s; [1].forEach(() => { s = new Error("m").stack }); return s })()`,
  "through code from text": `eval("new Error('m').stack")`,
  captured: `(() => { const o = { name: "AnError" }; Error.captureStackTrace(o); return o.stack.replace("[object Object]", "Error") })()`,
  "of an asynchronous chain": `(async () => { const a = async () => { await null; throw new Error("m") }, b = async () => { await a() };
    try { await b() } catch (e) { return e.stack } })()`,
  "in a microtask": `new Promise((done) => queueMicrotask(() => done(new Error("m").stack)))`,
  "in a generator": `[...(function* () { yield new Error("m").stack })()][0]`,
  "read by a method of the console": `(() => { const e = new Error("m"); console.log(e); return e.stack })()`,
};

test.each(Object.entries(ERRORS))(
  "R5: the stack of an error %s shows only the bundle",
  (_what, code) => {
    expect(newRealm().text(code)).toMatch(ONLY_OURS);
  },
);

test.each(Object.entries(ERRORS))(
  "R5: an error %s looks the same however deep the host stands",
  (_what, code) => {
    const expected = newRealm().text(code);
    for (const depth of [1, 10, 40]) expect(fromDepth(depth, newRealm(), code)).toBe(expected);
    const realm = newRealm();
    realm.run("1");
    expect(realm.text(code)).toBe(expected);
  },
);

test("R5: the stack of an error that says that the stack is full shows only the bundle", () => {
  const code = "(() => { const f = () => f(); try { f() } catch (e) { return e.stack } })()";
  expect(newRealm().text(code)).toMatch(ONLY_OURS);
});

test("R5: functions, methods, classes and awaiting callers are named", () => {
  const realm = newRealm();
  const stack = realm.text(`(async () => {
    class Order { static async load() { await null; return new Order().check(); } check() { return fail(); } }
    function fail() { throw new Error("no stock"); }
    async function checkout() { return await Order.load(); }
    try { await checkout(); } catch (e) { return e.stack; }
  })()`);
  const frames = stack.split("\n").map((line) => line.replace(/\(?everstep.*/, "").trim());
  expect(frames.slice(0, 3)).toEqual(["Error: no stock", "at fail", "at check"]);
  expect(frames.at(-2)).toBe("at async checkout");
  expect(stack).toMatch(/everstep-bundle-test\.js:3:\d+/);
});

test("R5: a stack has at most thirty frames, or as many as the code asks for", () => {
  const realm = newRealm();
  const count = (code: string) =>
    realm.text(`(() => { const deep = (n) => n === 0 ? new Error("m").stack.split("\\n").length - 1 : deep(n - 1);
      ${code}; return deep(200) })()`);
  expect(count("")).toBe("30");
  expect(count("Error.stackTraceLimit = 5")).toBe("5");
  expect(count("Error.stackTraceLimit = Infinity")).toBe("30");
  expect(count("Error.stackTraceLimit = 0")).toBe("0");
});

test("R5: names and messages that throw do not break a stack", () => {
  const realm = newRealm();
  const code = `(() => { const e = new Error("m"); Object.defineProperty(e, "name", { get() { throw 1 } }); return e.stack })()`;
  expect(realm.text(code)).toMatch(/^<error>\n {4}at |^Error: m\n {4}at /);
});

test("R5: a changed way to write stacks gets copies of the bundle's frames, and can be put back", () => {
  const realm = newRealm();
  const code = `(() => { const old = Error.prepareStackTrace;
    Error.prepareStackTrace = (e, sites) => sites.map((s) => s.getFileName());
    const files = new Error().stack; Error.prepareStackTrace = undefined;
    const text = typeof new Error().stack; Error.prepareStackTrace = old;
    return [new Set(files).size, files[0], text, Error.prepareStackTrace === old] })()`;
  expect(realm.text(code)).toBe('[1,"everstep-bundle-test.js","string",true]');
});

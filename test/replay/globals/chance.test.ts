/** Random numbers come from the run's own sequence; digests are computed at once. */
import { createHash } from "node:crypto";
import { createRandom } from "../../../lib/replay/realm/random";
import { newRealm } from "./realm-script";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("SG-03: Math.random draws once from the sequence of the run", () => {
  const realm = newRealm();
  expect(realm.text("[Math.random(), Math.random(), Math.random()]")).toBe(
    newRealm().text("[Math.random(), Math.random(), Math.random()]"),
  );
  expect(realm.draws).toBe(3);
});

test("SG-02: the same seed makes the same sequence, another seed another one", () => {
  const draw = (seed: string) => Array.from({ length: 1000 }, createRandom(seed));
  expect(draw("wrun_a")).toEqual(draw("wrun_a"));
  expect(draw("wrun_a")).not.toEqual(draw("wrun_b"));
  expect(draw("").every((number) => number >= 0 && number < 1)).toBe(true);
  const mean = draw("wrun_a").reduce((sum, number) => sum + number, 0) / 1000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  expect(new Set(draw("x")).size).toBe(1000);
});

test("SG-04: getRandomValues draws once for each byte, and gives back the same array", () => {
  const sizes: Record<string, number> = {
    ...{ Int8Array: 1, Uint8Array: 1, Uint8ClampedArray: 1, Int16Array: 2, Uint16Array: 2 },
    ...{ Int32Array: 4, Uint32Array: 4, BigInt64Array: 8, BigUint64Array: 8 },
  };
  for (const [name, size] of Object.entries(sizes)) {
    const realm = newRealm();
    const code = `(() => { const a = new ${name}(5); return crypto.getRandomValues(a) === a &&
      [...new Uint8Array(a.buffer)] })()`;
    const bytes = JSON.parse(realm.text(code)) as number[];
    expect(realm.draws).toBe(5 * size);
    const drawn = newRealm().text(
      `Array.from({ length: ${5 * size} }, () => Math.floor(Math.random() * 256))`,
    );
    expect(bytes).toEqual(JSON.parse(drawn));
  }
});

test("SG-04: only the bytes of the view are filled", () => {
  const realm = newRealm();
  const code = `(() => { const b = new Uint8Array(6); crypto.getRandomValues(b.subarray(2, 4));
    return [b[0], b[1], b[2] + b[3] > 0, b[4], b[5]] })()`;
  expect(realm.text(code)).toBe("[0,0,true,0,0]");
  expect(realm.draws).toBe(2);
});

test("SG-04: what cannot be filled is refused, and draws nothing", () => {
  const realm = newRealm();
  const problem = (value: string) =>
    realm.text(`(() => { try { crypto.getRandomValues(${value}) } catch (e) {
      return [e.name, e.code, e instanceof DOMException] } })()`);
  expect(problem("new Uint8Array(65537)")).toBe('["QuotaExceededError",22,true]');
  expect(problem("new Uint32Array(16385)")).toBe('["QuotaExceededError",22,true]');
  for (const value of [
    "new Float32Array(1)",
    "new Float64Array(1)",
    "new DataView(new ArrayBuffer(1))",
    "new ArrayBuffer(1)",
    "[1]",
    "{}",
    "null",
    "undefined",
    "5",
  ]) {
    expect([value, problem(value)]).toEqual([value, '["TypeMismatchError",17,true]']);
  }
  expect(realm.draws).toBe(0);
  expect(realm.text("crypto.getRandomValues(new Uint8Array(65536)).length")).toBe("65536");
});

test("SG-05: randomUUID has the form of version 4", () => {
  const realm = newRealm();
  const texts = JSON.parse(
    realm.text("Array.from({ length: 200 }, () => crypto.randomUUID())"),
  ) as string[];
  expect(texts.filter((text) => !UUID.test(text))).toEqual([]);
  expect(new Set(texts).size).toBe(200);
  expect(realm.draws).toBe(200 * 16);
  expect(newRealm().text("crypto.randomUUID()")).toBe(texts[0]);
});

test("SG-06: all of them draw from one sequence, and nothing else does", () => {
  const realm = newRealm();
  const mixed = `[Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(3))], Math.random()]`;
  expect(realm.text(mixed)).toBe(newRealm().text(mixed));
  const { draws } = realm;
  realm.run(`console.log("x", {}); Date.now(); new URL("http://a"); structuredClone({}); new Error().stack;
    new Map([[{}, 1]]); [3, 1, 2].sort(); crypto.subtle.digest("SHA-1", new Uint8Array(1)); process.env.X;
    new Request("http://h", { method: "PUT", body: "x" }); new Blob(["x"]); Symbol(); performance.now()`);
  expect(realm.draws).toBe(draws);
});

const ALGORITHMS = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

test.each(Object.entries(ALGORITHMS))("SG-07: the digest %s is that of Node", (name, hash) => {
  const realm = newRealm();
  for (const size of [0, 1, 2, 3, 55, 56, 63, 64, 65, 1000]) {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7) % 256);
    const code = `crypto.subtle.digest("${name}", new Uint8Array(${size}).map((_, at) => at * 7))
      .then((b) => b instanceof ArrayBuffer && new Uint8Array(b).toHex())`;
    expect(realm.text(code)).toBe(createHash(hash).update(bytes).digest("hex"));
  }
});

test("SG-07: a digest takes names and data in every form", () => {
  const realm = newRealm();
  const hex = (args: string) =>
    realm.text(`crypto.subtle.digest(${args}).then((b) => new Uint8Array(b).toHex())`);
  const expected = createHash("sha256")
    .update(Buffer.from([1, 2]))
    .digest("hex");
  for (const name of [
    "'SHA-256'",
    "'sha-256'",
    "{ name: 'Sha-256' }",
    "{ name: 'SHA-256', x: 1 }",
  ]) {
    expect(hex(`${name}, new Uint8Array([1, 2])`)).toBe(expected);
  }
  for (const data of [
    "new Uint8Array([1, 2]).buffer",
    "new DataView(new Uint8Array([0, 1, 2, 3]).buffer, 1, 2)",
    "new Uint8Array([0, 1, 2]).subarray(1)",
    "new Uint16Array([513])",
  ]) {
    expect(hex(`"SHA-256", ${data}`)).toBe(expected);
  }
  const code = `(() => { const data = new Uint8Array([1, 2]), later = crypto.subtle.digest("SHA-256", data);
    data.fill(9); return later.then((b) => new Uint8Array(b).toHex()) })()`;
  expect(realm.text(code)).toBe(expected);
});

test("SG-07: a digest that cannot be made rejects", () => {
  const realm = newRealm();
  for (const name of [
    "'MD5'",
    "'SHA-3'",
    "''",
    "{}",
    "'__proto__'",
    "'toString'",
    "null",
    "undefined",
  ]) {
    const code = `crypto.subtle.digest(${name}, new Uint8Array(1)).catch((e) => e.name)`;
    expect([name, realm.text(code)]).toEqual([name, "NotSupportedError"]);
  }
  for (const data of ["'text'", "null", "[1]", "5", "undefined"]) {
    const code = `crypto.subtle.digest("SHA-1", ${data}).catch((e) => e instanceof TypeError)`;
    expect([data, realm.text(code)]).toEqual([data, "true"]);
  }
});

test("R3: a digest settles within the entry in which it was asked for, in the order of the engine", () => {
  const realm = newRealm();
  realm.run(`globalThis.order = []; crypto.subtle.digest("SHA-512", new Uint8Array(1e5)).then(() => order.push("digest"));
    Promise.resolve().then(() => order.push("one")).then(() => order.push("two"))`);
  expect(realm.text("order")).toBe('["digest","one","two"]');
});

test("SG-07: what needs keys says that it is not there", () => {
  const realm = newRealm();
  for (const name of [
    "decrypt",
    "deriveBits",
    "deriveKey",
    "encrypt",
    "exportKey",
    "generateKey",
    "importKey",
    "sign",
    "unwrapKey",
    "verify",
    "wrapKey",
  ]) {
    const text = realm.text(`crypto.subtle.${name}("AES", true, [])`);
    expect(text.split("\n")[0]).toBe(
      `thrown EverstepError: Not implemented in workflow functions: crypto.subtle.${name}`,
    );
    expect(
      realm.text(`(() => { try { crypto.subtle.${name}() } catch (e) { return e.code } })()`),
    ).toBe("NOT_SUPPORTED_IN_WORKFLOW");
  }
});

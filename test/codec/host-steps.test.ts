/** Steps as values on the host, where they are the functions that the app's modules registered. */
import { findRecord, registryRecords } from "../../lib/contract/registry";
import { createHostCodec } from "../../lib/engine/host-codec";
import { transformSource } from "../../babel-plugin/transform";

const PLAIN = "step//./jobs//charge";
const NESTED = "step//./jobs//bill/send";
const METHOD = "step//./jobs//till/open";

const SOURCE = `
export async function charge(amount) { "use step"; return amount + 1 }
export async function bill(prefix) {
  "use workflow";
  const send = async (text) => { "use step"; return prefix + text };
  return send("");
}
export const till = { name: "north", async open() { "use step"; return this.name } };
`;

beforeAll(() => {
  const filename = `${process.cwd()}/jobs.js`;
  const { code } = transformSource({ code: SOURCE, filename, mode: "host" })!;
  new Function(`${code!.replace(/^export /gm, "")}`)();
});

afterAll(() => {
  const records = registryRecords();
  for (const id of [PLAIN, NESTED, METHOD]) records.splice(records.indexOf(findRecord(id)!), 1);
});

const codec = createHostCodec();

type Step = (...args: unknown[]) => Promise<unknown>;

function stored(...parts: unknown[]): string {
  return `1r${JSON.stringify(["~Step", ...parts])}`;
}

test("RP-19: a step that arrives is the registered function, with what it closed over and is bound to", async () => {
  expect(await (codec.decode(stored(PLAIN)) as Step)(1)).toBe(2);
  expect(await (codec.decode(stored(NESTED, { prefix: "to " })) as Step)("you")).toBe("to you");
  expect(await (codec.decode(stored(METHOD, "~undefined", { name: "south" })) as Step)()).toBe(
    "south",
  );
});

test("SR-08: it can be passed on as it came", () => {
  for (const text of [stored(PLAIN), stored(NESTED, { prefix: "to " })]) {
    expect(codec.encode(codec.decode(text), "step return value")).toBe(text);
  }
});

test("SR-08: one that is not registered is named", () => {
  expect(() => codec.decode(stored("step//./jobs//lost"))).toThrow(
    'Step function "step//./jobs//lost" not found. Make sure the step function is registered.',
  );
});

import { start } from "../../lib/api";
import { NotCompiledError } from "../../lib/errors";
import { mockStep, type TestWorld } from "../../lib/testing";
import { loadApp } from "./load-app";

const app = loadApp(`
import { getStepMetadata } from "everstep";
export async function charge(amount, note) { "use step"; return "paid " + amount; }
charge.maxRetries = 1;
charge.backoff = "1 day";
export async function slow() { "use step"; }
slow.timeout = "1 hour";
slow.maxRetries = 0;
export class Account {
  constructor(owner) { this.owner = owner; }
  async deposit(amount) { "use step"; return this.owner + amount; }
  static [Symbol.for("workflow-serialize")](account) { return account.owner; }
  static [Symbol.for("workflow-deserialize")](owner) { return new Account(owner); }
}
export async function pay(amount) {
  "use workflow";
  return charge(amount, { at: new Date(0) });
}
export async function deposit() {
  "use workflow";
  return new Account("ada").deposit(5);
}
export async function waits() {
  "use workflow";
  return slow().catch((error) => error.name + ": " + error.message);
}
export const attemptOf = () => getStepMetadata().attempt;
`);
const { charge, slow, pay, deposit, waits, Account, attemptOf } = app.exports;

let world: TestWorld;

beforeEach(() => void (world = app.open()));
afterEach(() => world.close());

async function paid(): Promise<unknown> {
  return (await start(pay!, [10])).returnValue;
}

test("a mock is called in the place of the body, with what the step would get", async () => {
  const calls: unknown[] = [];
  const mock = mockStep(charge!, (...args: unknown[]) => {
    calls.push(args);
    return "mocked";
  });
  expect(await paid()).toBe("mocked");
  expect(calls).toEqual([[10, { at: new Date(0) }]]);
  mock.restore();
  expect(await paid()).toBe("paid 10");
});

test("code that calls the step itself gets the step", async () => {
  mockStep(charge!, () => "mocked");
  expect(await charge!(...([1] as never[]))).toBe("paid 1");
});

test("a mock gets the object that the step is called on, and sees the attempt", async () => {
  const step = (Account as unknown as { prototype: { deposit: () => Promise<string> } }).prototype
    .deposit;
  mockStep(step, function (this: unknown, ...args: unknown[]) {
    return Promise.resolve(`${(this as { owner: string }).owner} ${args[0]} ${attemptOf!()}`);
  });
  expect(await (await start(deposit!)).returnValue).toBe("ada 5 1");
});

test("the settings of the step count for its mock", async () => {
  let attempts = 0;
  const began = world.time;
  mockStep(charge!, () => {
    attempts++;
    throw new Error("no money");
  });
  await expect(paid()).rejects.toThrow("failed after 1 retry: no money");
  expect(attempts).toBe(2);
  expect(world.time.getTime() - began.getTime()).toBe(86_400_000);
  mockStep(slow!, () => world.sleep("2 hours"));
  expect(await (await start(waits!)).returnValue).toMatch(/longer than 3600000 ms/);
});

test("the last mock counts, and gives way to the one before it", async () => {
  const first = mockStep(charge!, () => "first");
  {
    using second = mockStep(charge!, () => "second");
    expect(await paid()).toBe("second");
    expect(second).not.toBe(first);
  }
  expect(await paid()).toBe("first");
  const third = mockStep(charge!, () => "third");
  first.restore();
  expect(await paid()).toBe("third");
  third.restore();
  third.restore();
  expect(await paid()).toBe("paid 10");
});

test("closing the world takes its mocks away", async () => {
  mockStep(charge!, () => "mocked");
  await world.close();
  world = app.open();
  expect(await paid()).toBe("paid 10");
});

test("what is no compiled step is refused, with the reason", () => {
  const code = (step: unknown): unknown => {
    try {
      mockStep(step as () => unknown, () => undefined);
    } catch (error) {
      expect(NotCompiledError.is(error)).toBe(true);
      return (error as Error).message.split("\n")[0];
    }
    return "accepted";
  };
  expect(code(pay)).toBe(
    'mockStep takes a step function, and "pay" is a workflow; mock the steps that it calls',
  );
  const plain = async function plain(): Promise<void> {};
  const reason = `is none: "use step" is missing, or nothing has compiled its file`;
  expect(code(plain)).toBe(`mockStep takes a step function, and "plain" ${reason}`);
  expect(code(undefined)).toBe(`mockStep takes a step function, and what it got ${reason}`);
});

import vm from "node:vm";
import { FatalError, RetryableError } from "../../lib/contract/step-error";

test("FatalError is known by its name, across realms and copies (ST-09)", () => {
  const foreign: unknown = vm.runInNewContext(
    'Object.assign(new Error("no"), { name: "FatalError" })',
  );
  expect([FatalError.is(new FatalError("no")), FatalError.is(foreign)]).toEqual([true, true]);
  expect([new Error("no"), null, "FatalError", {}].map(FatalError.is)).toEqual(
    Array(4).fill(false),
  );
  expect(new FatalError("no", { cause: 1 })).toMatchObject({
    fatal: true,
    message: "no",
    cause: 1,
  });
});

test("RetryableError waits for a second, a duration or until a moment (ST-07)", () => {
  const waits = (retryAfter?: "1 month" | number | Date) => {
    const before = Date.now();
    const { retryAfter: at } = new RetryableError("later", retryAfter ? { retryAfter } : {});
    return Number(at) - before;
  };
  expect(Math.abs(waits() - 1000)).toBeLessThan(500);
  expect(Math.abs(waits(250) - 250)).toBeLessThan(200);
  expect(Math.abs(waits("1 month") - 30 * 86_400_000)).toBeLessThan(500);
  const moment = new Date(Date.UTC(2030, 0, 1));
  expect(new RetryableError("later", { retryAfter: moment }).retryAfter).toEqual(moment);
  expect(RetryableError.is(new RetryableError("later"))).toBe(true);
});

test("a time that cannot be read is an error at construction (ST-07, SL-05)", () => {
  const retryAfter = "soon" as "1s";
  expect(() => new RetryableError("later", { retryAfter })).toThrow(
    'Invalid duration: "soon". Expected a valid duration string like "1s", "1m", "1h", etc.',
  );
});

import { buildCallKey, describeCall, parseCallKey } from "../../lib/contract/call";

test("a key says kind, name and ordinal, and is read back (R4)", () => {
  const key = buildCallKey("step//./src/order//charge", 3);
  expect(key).toBe("step//./src/order//charge:3");
  expect(parseCallKey(key)).toEqual({
    kind: "step",
    name: "step//./src/order//charge",
    ordinal: 3,
  });
});

test("a name may hold the signs that keys are made of", () => {
  const key = buildCallKey("hook//=review:42#1", 12);
  expect(parseCallKey(key)).toEqual({ kind: "hook", name: "hook//=review:42#1", ordinal: 12 });
});

test("people read the short name, and which call of several it is", () => {
  expect(describeCall("step//./src/order//outer/charge:1")).toBe('step "outer/charge"');
  expect(describeCall("sleep//order#0:2")).toBe('call 2 of sleep "order#0"');
});

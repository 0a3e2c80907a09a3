/** Steps that may be what ends their process: how many of them run at once (E6, decision 009). */
import { type SlotSeeker, Slots, SUSPECTS } from "../../lib/engine/slots";

const seeker: SlotSeeker = { wake: () => undefined, workflow: "w" };

function takes(slots: Slots, atOnce: number, wanted: number): number {
  let taken = 0;
  while (taken < wanted && slots.take(seeker, 0, SUSPECTS, atOnce) === "taken") taken++;
  slots.settle(seeker, taken < wanted);
  return taken;
}

test("of steps that were lost twice many run at once, and no more than that", () => {
  const slots = new Slots(100);
  expect(takes(slots, 16, 40)).toBe(16);
  slots.give(SUSPECTS);
  expect(takes(slots, 16, 40)).toBe(1);
});

test("one that was lost four times runs without any other, and none begins beside it", () => {
  const slots = new Slots(100);
  expect(takes(slots, 16, 3)).toBe(3);
  expect(takes(slots, 1, 1)).toBe(0);
  // It is next: those that could run beside others wait as well.
  expect(takes(slots, 16, 1)).toBe(0);
  for (let n = 0; n < 3; n++) slots.give(SUSPECTS);
  expect(takes(slots, 1, 1)).toBe(1);
  expect(takes(slots, 16, 1)).toBe(0);
  expect(takes(slots, 4, 1)).toBe(0);
  slots.give(SUSPECTS);
  expect(takes(slots, 16, 16)).toBe(16);
});

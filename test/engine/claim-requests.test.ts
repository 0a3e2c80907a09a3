/** What is asked for again is what was asked for: runs that are wanted by name are not forgotten (P2, W8). */
import { ClaimRequests } from "../../lib/engine/claim-requests";

test("W8: a claim without an answer is made again as it was; what is wanted since comes after it", () => {
  const requests = new ClaimRequests();
  const lost = requests.next(50);
  requests.want("wrun_1");
  const repeated = requests.next(49);
  expect(repeated).toEqual({ ...lost, isRepeated: true });
  requests.answered(repeated);
  const named = requests.next(49);
  expect(named).toMatchObject({ limit: 49, only: ["wrun_1"], isRepeated: false });
  expect(named.id).not.toBe(lost.id);
});

test("P2: runs that are wanted stay so until a claim for them was answered", () => {
  const requests = new ClaimRequests();
  for (const runId of ["wrun_1", "wrun_2", "wrun_3"]) requests.want(runId);
  const first = requests.next(2);
  requests.want("wrun_4");
  expect(requests.next(2)).toEqual({ ...first, only: ["wrun_1", "wrun_2"], isRepeated: true });
  requests.answered(first);
  const second = requests.next(2);
  expect(second).toMatchObject({ only: ["wrun_3", "wrun_4"], isRepeated: false });
  requests.answered(second);
  expect(requests.next(2).only).toBeUndefined();
});

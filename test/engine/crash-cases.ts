/** What must come of each workflow that is killed, wherever that happens. */
import type { RunStatus } from "../../lib/contract/run";
import type { Sending } from "./crash-sender";

export interface CrashCase {
  /** The workflow; it is called with the id of its run, and then with these. */
  name: string;
  args?: readonly unknown[];
  /** Said of it where the name is not enough. */
  title?: string;
  /** How it must end, whatever happens in between. */
  ends: RunStatus;
  /** What it returns: this, or a text like this. */
  gives?: string | RegExp;
  /** Payloads that come from another process, or from the one that is killed. */
  payloads?: readonly Sending[];
  isResumedByItself?: boolean;
  /** How those that it starts must end. */
  children?: readonly RunStatus[];
  /** Somebody puts right what made it fail, and lets it go on. */
  isRetried?: boolean;
  /** What goes on after a kill has other code. */
  isDeployed?: boolean;
}

const ONE: readonly Sending[] = [{ payload: "payload" }];
const NOW_EARLY_NOW_LATE: readonly Sending[] = [
  { payload: "a" },
  { payload: "b", after: "a timeout" },
  { payload: "c" },
  { payload: "d", after: "a timeout" },
];
const BURSTS: readonly Sending[] = [
  ...["a", "b", "c"].map((payload) => ({ payload })),
  { payload: "d", after: "the others" },
  ...["e", "f"].map((payload) => ({ payload })),
];
const IN_TURN: readonly Sending[] = [{ payload: "a" }, { payload: "b", after: "a hand-over" }];

export const CRASH_CASES: readonly CrashCase[] = [
  { name: "sequence", ends: "completed", gives: "abcd" },
  { name: "fan", ends: "completed", gives: "abcdef" },
  { name: "raceWon", ends: "completed", gives: "stepafter" },
  { name: "raceLost", ends: "completed", gives: "timerafter" },
  { name: "retried", ends: "completed", gives: "flakyafter" },
  { name: "longSleep", ends: "completed", gives: "beforeafter" },
  { name: "naps", ends: "completed", gives: "awake" },
  { name: "saga", ends: "completed", gives: "no ship: refund free" },
  { name: "cancelled", ends: "cancelled" },
  {
    ...{ name: "hooked", title: "hooked, resumed by another", payloads: ONE },
    ...{ ends: "completed", gives: "before,payload,after" },
  },
  {
    ...{ name: "hooked", title: "hooked, resumed by itself", payloads: ONE },
    ...{ ends: "completed", gives: "before,payload,after", isResumedByItself: true },
  },
  { name: "raceLoop", ends: "completed", gives: "abcd", payloads: NOW_EARLY_NOW_LATE },
  { name: "bursts", ends: "completed", gives: "abcdef", payloads: BURSTS },
  {
    ...{ name: "handOver", title: "handOver, asked for", args: [true], payloads: IN_TURN },
    ...{ ends: "completed", gives: "aafter bafter", children: ["completed", "completed"] },
  },
  {
    ...{ name: "handOver", title: "handOver, caught", args: [false], payloads: IN_TURN },
    ...{ ends: "completed", gives: "aafter bafter", children: ["completed", "completed"] },
  },
  {
    ...{ name: "mended", isRetried: true, payloads: [{ payload: "go", after: "a retry" }] },
    ...{ ends: "completed", gives: "before,main,go,after" },
  },
  {
    ...{ name: "versioned", isDeployed: true, ends: "completed" },
    gives: /^(a[12] b[12] c[12] d[12] code1|new2 a2 b2 c2 d2 code2)$/,
  },
  { name: "parent", ends: "completed", gives: "31after", children: ["completed"] },
  { name: "waitsForChild", ends: "completed", gives: "abcdafter", children: ["completed"] },
  {
    ...{ name: "waitsForCancelled", ends: "completed", children: ["cancelled"] },
    gives: "WorkflowRunCancelledError,after",
  },
  {
    ...{ name: "crowd", title: "crowd, one at a time", ends: "completed", gives: "abcafter" },
    children: ["completed", "completed", "completed"],
  },
  { name: "cancelledParent", ends: "cancelled", children: ["cancelled"] },
];

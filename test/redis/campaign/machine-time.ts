/** Milliseconds on the clock that all processes of this machine share, and that nobody sets. */
export function machineTime(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** On that clock. */
export interface Interval {
  from: number;
  to: number;
}

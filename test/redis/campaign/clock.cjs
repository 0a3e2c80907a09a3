/**
 * The clock of a process that jumps: loaded ahead of everything, in each of its threads. The moment
 * is a reading of the clock that all processes of a machine share and that nobody sets.
 */
const [at, shift] = (process.env.CAMPAIGN_CLOCK ?? "").split(":");

if (at) {
  const [moment, ms] = [BigInt(at), Number(shift)];
  const RealDate = Date;
  const now = () => RealDate.now() + (process.hrtime.bigint() >= moment ? ms : 0);
  globalThis.Date = class Date extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [now()] : args));
    }
    static now() {
      return now();
    }
  };
}

/** Timers for as long as one likes: those of the platform fire at once beyond 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Gives what stops it. */
export function startTimer(ms: number, action: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (left: number) => {
    const goOn = () => (left > LONGEST_MS ? arm(left - LONGEST_MS) : action());
    timer = setTimeout(goOn, Math.min(left, LONGEST_MS));
  };
  arm(ms);
  return () => clearTimeout(timer);
}

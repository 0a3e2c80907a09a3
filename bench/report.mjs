// What every bench prints alike: versions, medians with their spread, and a ratio beside its bar.
import { cpus } from "node:os";

export function medianOf(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Half the distance between the lowest and the highest sample. */
export function spreadOf(samples) {
  return (Math.max(...samples) - Math.min(...samples)) / 2;
}

export function printVersions(others = {}) {
  const listed = Object.entries({ node: process.version, ...others });
  const cores = cpus();
  console.log(
    listed.map(([name, version]) => `${name} ${version}`).join(", ") + `, ${cores.length} cores`,
  );
}

/** The ratio of the medians; within the spread of the samples of its bar it is "at the bar". */
export function printRatio(name, samples, baseline, bar) {
  const ratio = medianOf(samples) / medianOf(baseline);
  const relative = spreadOf(samples) / medianOf(samples) + spreadOf(baseline) / medianOf(baseline);
  const margin = ratio * relative;
  const verdict =
    Math.abs(ratio - bar) <= margin
      ? "at the bar"
      : ratio < bar
        ? "below the bar"
        : "ABOVE THE BAR";
  console.log(`  ${name}: ${ratio.toFixed(3)} ± ${margin.toFixed(3)}, bar ${bar}: ${verdict}`);
}

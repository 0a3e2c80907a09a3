// What every bench prints alike: versions, medians with their spread, and a ratio beside its bar.
import { cpus } from "node:os";

export function printVersions(others = {}) {
  const versions = Object.entries({ node: process.version, ...others });
  const listed = versions.map(([name, version]) => `${name} ${version}`).join(", ");
  console.log(`${listed}, ${process.platform}, ${cpus().length} cores`);
}

/** `{ name: milliseconds[] }`, a line each. */
export function printSamples(samples) {
  for (const [name, values] of Object.entries(samples)) {
    const spread = `${show(Math.min(...values))} to ${show(Math.max(...values))}`;
    console.log(`  ${name.padEnd(8)} median ${show(median(values))}  spread ${spread}`);
  }
}

/** Samples were taken in pairs, so their ratios are. A bar within their spread is "at the bar". */
export function printRatio(name, over, under, bar) {
  const ratios = over.map((value, index) => value / under[index]);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  const isNear = least <= bar && most >= bar;
  const verdict = isNear ? "at the bar" : most < bar ? "within the bar" : "OVER THE BAR";
  const spread = `${least.toFixed(2)} to ${most.toFixed(2)}`;
  console.log(`  ${name}: ${median(ratios).toFixed(2)} (${spread}), bar ${bar}: ${verdict}`);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function show(ms) {
  return `${ms.toFixed(0)} ms`;
}

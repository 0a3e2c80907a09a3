/**
 * Metrics in the text format that Prometheus scrapes, version 0.0.4. The format is small enough to be
 * written here: `prom-client` brings two more packages and a registry of its own, and an app that has
 * it joins this text to that of its registry.
 */
import type { Metric, Sample } from "../engine/metric";

export function metricsText(metrics: readonly Metric[]): string {
  return metrics.map(textOf).join("");
}

function textOf({ name, help, type, samples }: Metric): string {
  const head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  return head + samples.map((sample) => `${name}${lineOf(sample)}\n`).join("");
}

function lineOf({ suffix = "", label, value }: Sample): string {
  const labels = label ? `{${label[0]}="${escapeLabel(label[1])}"}` : "";
  return `${suffix}${labels} ${value}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

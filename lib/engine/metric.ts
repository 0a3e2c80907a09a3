/**
 * What can be counted, and how it is kept until somebody asks: a number for each value of at most one
 * label, or the counts of a histogram. Counting happens with every turn, so it is an addition and no more.
 */
export interface Metric {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  samples: Sample[];
}

export interface Sample {
  /** Behind the name of the metric: `_bucket`, `_sum`, `_count`. */
  suffix?: string;
  label?: readonly [name: string, value: string];
  value: number;
}

/** Only goes up. */
export class Counter {
  private value = 0;

  constructor(
    private readonly name: string,
    private readonly help: string,
  ) {}

  add(count = 1): void {
    this.value += count;
  }

  read(): Metric {
    const { name, help, value } = this;
    return { name, help, type: "counter", samples: [{ value }] };
  }
}

/** One counter for each value of a label. Those that are known are there from the start, as zeros. */
export class LabelledCounter<Value extends string = string> {
  private readonly values: Map<string, number>;

  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly label: string,
    known: readonly Value[] = [],
  ) {
    this.values = new Map(known.map((value) => [value, 0]));
  }

  add(value: Value, count = 1): void {
    this.values.set(value, (this.values.get(value) ?? 0) + count);
  }

  /** All that it has met. */
  get labels(): readonly string[] {
    return [...this.values.keys()];
  }

  read(): Metric {
    const { name, help, label, values } = this;
    const samples = [...values].map(([text, value]) => ({ label: [label, text] as const, value }));
    return { name, help, type: "counter", samples };
  }
}

/** How long things took, in seconds: how often at most so long, for some bounds. */
export class Histogram {
  private readonly counts: number[];
  private sum = 0;
  private count = 0;

  constructor(
    private readonly name: string,
    private readonly help: string,
    /** Ascending. */
    private readonly bounds: readonly number[],
  ) {
    this.counts = bounds.map(() => 0);
  }

  observe(seconds: number): void {
    this.sum += seconds;
    this.count++;
    const { bounds, counts } = this;
    for (let n = 0; n < bounds.length; n++) {
      if (seconds > bounds[n]!) continue;
      counts[n]!++;
      return;
    }
  }

  read(): Metric {
    const { name, help, bounds, counts, sum, count } = this;
    let below = 0;
    const samples: Sample[] = bounds.map((bound, n) => {
      below += counts[n]!;
      return { suffix: "_bucket", label: ["le", String(bound)], value: below };
    });
    samples.push({ suffix: "_bucket", label: ["le", "+Inf"], value: count });
    samples.push({ suffix: "_sum", value: sum }, { suffix: "_count", value: count });
    return { name, help, type: "histogram", samples };
  }
}

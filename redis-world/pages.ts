/**
 * Pages out of partitions: numbers ascend across all of them, and the cursor is the last one shown.
 *
 * Each partition is asked for its share of a page first, and for more only if that was not enough, so
 * that a page costs a page, however many partitions there are.
 */
import type { Page, PageQuery } from "../lib/contract/run";

const USUAL_LIMIT = 20;
const MOST = 1000;
/** Few partitions have more than this many times their share of a page. */
const SPREAD = 1.5;

export interface Numbered<T> {
  number: number;
  item: T;
}

/** What a partition is asked for. */
export interface PartitionQuery {
  cursor: string;
  limit: number;
  order: "oldest" | "newest";
}

type Read<T> = (partition: string, query: PartitionQuery) => Promise<Numbered<T>[]>;

export async function readPage<T>(
  partitions: readonly string[],
  { limit = USUAL_LIMIT, cursor = "", isOldestFirst = false }: PageQuery,
  read: Read<T>,
): Promise<Page<T>> {
  const most = Math.min(Math.max(1, Math.floor(limit)), MOST);
  const order = isOldestFirst ? "oldest" : "newest";
  // One more than is shown, which tells whether there is a next page.
  const wanted = most + 1;
  const share = Math.min(wanted, Math.ceil((wanted / partitions.length) * SPREAD) + 1);
  const sources = partitions.map((partition) => {
    return new Source((at) => read(partition, { cursor: at, limit: share, order }), cursor, share);
  });
  const found: Numbered<T>[] = [];
  while (found.length < wanted) {
    const fills = sources.map((source) => source.fill()).filter((fill) => fill !== undefined);
    if (fills.length > 0) await Promise.all(fills);
    const next = firstOf(sources, order)?.take();
    if (!next) break;
    found.push(next);
  }
  const shown = found.slice(0, most);
  const last = shown.at(-1);
  return {
    data: shown.map(({ item }) => item),
    cursor: found.length > most && last ? String(last.number) : null,
  };
}

function firstOf<T>(sources: readonly Source<T>[], order: string): Source<T> | undefined {
  const sign = order === "oldest" ? 1 : -1;
  let best: Source<T> | undefined;
  for (const source of sources) {
    if (!source.head) continue;
    if (!best?.head || sign * (source.head.number - best.head.number) < 0) best = source;
  }
  return best;
}

/** A partition, as far as it was read. */
class Source<T> {
  private rows: Numbered<T>[] = [];
  private next = 0;
  private isOver = false;

  constructor(
    private readonly read: (cursor: string) => Promise<Numbered<T>[]>,
    private cursor: string,
    private readonly share: number,
  ) {}

  get head(): Numbered<T> | undefined {
    return this.rows[this.next];
  }

  /** Nothing to do while there is something to take, or nothing to come. */
  fill(): Promise<void> | undefined {
    return this.head || this.isOver ? undefined : this.readMore();
  }

  take(): Numbered<T> | undefined {
    return this.rows[this.next++];
  }

  private async readMore(): Promise<void> {
    this.rows = await this.read(this.cursor);
    this.next = 0;
    this.isOver = this.rows.length < this.share;
    this.cursor = String(this.rows.at(-1)?.number ?? this.cursor);
  }
}

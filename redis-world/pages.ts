/** Pages out of partitions: numbers ascend across all of them, and the cursor is the last one shown. */
import type { Page, PageQuery } from "../lib/contract/run";

const USUAL_LIMIT = 20;
const MOST = 1000;

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

export async function readPage<T>(
  partitions: readonly string[],
  { limit = USUAL_LIMIT, cursor = "", isOldestFirst = false }: PageQuery,
  read: (partition: string, query: PartitionQuery) => Promise<Numbered<T>[]>,
): Promise<Page<T>> {
  const most = Math.min(Math.max(1, Math.floor(limit)), MOST);
  const order = isOldestFirst ? "oldest" : "newest";
  // One more than is shown, which tells whether there is a next page.
  const query: PartitionQuery = { cursor, limit: most + 1, order };
  const found = (await Promise.all(partitions.map((each) => read(each, query)))).flat();
  const sign = isOldestFirst ? 1 : -1;
  found.sort((one, other) => sign * (one.number - other.number));
  const shown = found.slice(0, most);
  const last = shown.at(-1);
  return {
    data: shown.map(({ item }) => item),
    cursor: found.length > most && last ? String(last.number) : null,
  };
}

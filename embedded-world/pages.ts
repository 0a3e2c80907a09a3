/** Pages of rows that have numbers: the cursor is the number of the last row. */
import type { Page, PageQuery } from "../lib/contract/run";
import type { Database } from "./database";
import type { Parameter, Row } from "./sqlite";

const USUAL_LIMIT = 20;
const MOST = 1000;

export interface Listing {
  /** Everything between SELECT and WHERE; the rows have a column `number`. */
  select: string;
  /** What the rows are numbered by. */
  order: string;
  where: [condition: string, ...parameters: Parameter[]][];
}

export function readPage<T>(
  database: Database,
  { select, order, where }: Listing,
  { limit = USUAL_LIMIT, cursor, isOldestFirst = false }: PageQuery,
  make: (row: Row) => T,
): Page<T> {
  const most = Math.min(Math.max(1, Math.floor(limit)), MOST);
  const conditions = [...where];
  if (cursor !== undefined) {
    conditions.push([`${order} ${isOldestFirst ? ">" : "<"} ?`, Number(cursor)]);
  }
  const filter = conditions.map(([condition]) => condition).join(" AND ");
  const way = isOldestFirst ? "ASC" : "DESC";
  const rows = database
    .sql(`SELECT ${select} ${filter && `WHERE ${filter}`} ORDER BY ${order} ${way} LIMIT ?`)
    .all(...conditions.flatMap(([, ...values]) => values), most + 1);
  const hasMore = rows.length > most;
  const shown = hasMore ? rows.slice(0, most) : rows;
  const last = shown.at(-1)?.["number"];
  return { data: shown.map(make), cursor: hasMore ? String(last) : null };
}

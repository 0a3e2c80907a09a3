/** Which rows a query for runs is about. Each condition has an index, so a page costs a page. */
import type { RunQuery } from "../lib/contract/run";
import type { Listing } from "./pages";
import type { Parameter } from "./sqlite";

/** Runs have numbers in the order of the times at which they were created. */
const FROM = `runs.number >= (
  SELECT number FROM runs WHERE created_at >= ? ORDER BY created_at, number LIMIT 1)`;
const BEFORE = `runs.number <= (
  SELECT number FROM runs WHERE created_at < ? ORDER BY created_at DESC, number DESC LIMIT 1)`;
const HAS_TAG =
  "EXISTS (SELECT 1 FROM run_tags WHERE name = ? AND value = ? AND run = runs.number)";

export function listingOf(query: RunQuery): Listing {
  const { workflow, status, key, parent, parkedFor, tags = {}, createdFrom, createdBefore } = query;
  const where: [string, ...Parameter[]][] = [];
  for (const [column, value] of Object.entries({ workflow, status, key, parent })) {
    if (value !== undefined) where.push([`${column} = ?`, value]);
  }
  if (parkedFor !== undefined) {
    where.push(["parked IS NOT NULL AND json_extract(parked, '$.code') = ?", parkedFor]);
  }
  if (createdFrom !== undefined) where.push([FROM, createdFrom]);
  if (createdBefore !== undefined) where.push([BEFORE, createdBefore]);
  const [tag, ...others] = Object.entries(tags);
  for (const [name, value] of others) where.push([HAS_TAG, name, value]);
  if (!tag) return { select: "* FROM runs", order: "runs.number", where };
  // Runs with the first tag, in order; what else is asked of them is looked up.
  where.push(["tagged.name = ? AND tagged.value = ?", ...tag]);
  const select = "runs.* FROM run_tags tagged CROSS JOIN runs ON runs.number = tagged.run";
  return { select, order: "tagged.run", where };
}

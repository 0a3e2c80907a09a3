/** Comments ahead of statements that go: licences, pragmas, and what people wrote there. */
import type { types as t } from "@babel/core";

/** Puts the comments ahead of `removed` ahead of what now comes first in `holder`. */
export function keepComments(holder: t.Program | t.BlockStatement, removed: t.Node[]): void {
  const comments = removed.flatMap(({ leadingComments }) => leadingComments ?? []);
  if (comments.length === 0) return;
  const first = holder.directives[0] ?? holder.body[0];
  const present = new Set([...(first?.leadingComments ?? []), ...(holder.innerComments ?? [])]);
  const missing = comments.filter((comment) => !present.has(comment));
  if (first) first.leadingComments = [...missing, ...(first.leadingComments ?? [])];
  else holder.innerComments = [...missing, ...(holder.innerComments ?? [])];
}

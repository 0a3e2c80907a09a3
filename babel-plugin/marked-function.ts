import type { NodePath, types as t } from "@babel/core";
import type { Captures } from "./captures";
import type { Kind } from "./find-directives";

/**
 * Where a marked function stands, which decides how each mode rewrites it.
 *
 * - `declaration`: a function declaration with no function around it
 * - `variable`: the value of a variable with no function around it
 * - `expression`: any other value with no function around it: a property, an argument, a default export
 * - `static-method`, `instance-method`: of a class with no function around it
 * - `nested`: inside another function
 */
export type Place =
  "declaration" | "variable" | "expression" | "static-method" | "instance-method" | "nested";

export interface MarkedFunction {
  kind: Kind;
  path: NodePath<t.Function>;
  place: Place;
  id: string;
  /** The function part of the id. */
  name: string;
  exported: boolean;
  /** What a nested step uses from outside; null elsewhere. */
  captures: Captures | null;
}

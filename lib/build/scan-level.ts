/** What the scan for guards is inside of: brackets, and parts of statements that have none. */
import type { Edit } from "./guard-edits";

/** Brackets, and three things that have an end but no bracket. */
export type Role =
  | "statements"
  | "object"
  | "class"
  | "paren"
  | "bracket"
  | "template"
  /** The expression that an arrow returns. */
  | "arrow"
  /** A statement without braces that belongs to a loop, an `if` or a `do`. */
  | "loop-body"
  | "if-body"
  | "do-body"
  /** `while (…);` behind a `do`. */
  | "do-tail";

export interface Level {
  role: Role;
  /** What a parenthesis belongs to; nothing for calls and parameters. */
  head?: Head;
  /** Question marks that wait for their colon. */
  open: number;
  isFunction?: boolean;
  isBraced?: boolean;
  inCase?: boolean;
  awaitsClass?: boolean;
  naming?: Naming;
  members?: ClassMembers;
}

export type Head = "loop" | "if" | "other";
export type Awaited = "arrow-body" | "loop-body" | "if-body" | "do-body";

/** `f = __name(() => …, "f")`: whether the call can go is known when it ends. */
export interface Naming {
  name: string;
  edit: Edit;
  comma: number;
}

export interface ClassMembers {
  atStart: boolean;
  isStatic: boolean;
  hasConstructor: boolean;
  hasField: boolean;
}

/** Steps that everstep brings along: they are in no manifest, and every engine has them. */
export const BUILTIN_STEP = {
  fetch: "step//everstep//fetch",
  /** The receiver is a request or a response; the argument is the form wanted. */
  readBody: "step//everstep//readBody",
  /** The arguments are the id of a run, what to ask or tell it, and the arguments of that. */
  askRun: "step//everstep//askRun",
} as const;

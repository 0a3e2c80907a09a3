/**
 * The one place where compiled code and the runtime meet on the host.
 *
 * Compiled modules import nothing by package name. Each pushes records onto the array kept under
 * `Symbol.for("everstep.registry")` on `globalThis`, so any number of copies of this package, under
 * any name, in either module system, see the same functions. The array is append-only: a module
 * that is evaluated again (a reload) pushes again, and the newest record of an id counts.
 */
import type { StepOptions } from "./step-options";

export const REGISTRY_SYMBOL = Symbol.for("everstep.registry");

export interface RegistryRecord {
  /** `closure`: a nested step; `fn` makes the step function from the values it captured. */
  kind: "workflow" | "step" | "closure" | "class";
  id: string;
  fn: RegisteredFunction;
  /** Where it stands in the source: `src/order.ts:12`, relative to the root that ids are made from. */
  at: string;
}

export interface RegisteredFunction extends StepOptions {
  (...args: never[]): unknown;
  workflowId?: string;
  stepId?: string;
  classId?: string;
}

interface RegistryHolder {
  [REGISTRY_SYMBOL]?: RegistryRecord[];
}

export function registryRecords(): RegistryRecord[] {
  const holder = globalThis as RegistryHolder;
  return (holder[REGISTRY_SYMBOL] ??= []);
}

/** The newest record under this id; for a step also under an id in its `formerly`. */
export function findRecord(id: string): RegistryRecord | undefined {
  const records = registryRecords();
  if (index.length !== records.length || index.last !== records.at(-1)) index = indexOf(records);
  return (
    index.byId.get(id) ?? records.findLast((record) => record.fn.formerly?.includes(id) === true)
  );
}

interface RegistryIndex {
  length: number;
  last: RegistryRecord | undefined;
  byId: Map<string, RegistryRecord>;
}

let index = indexOf([]);

function indexOf(records: readonly RegistryRecord[]): RegistryIndex {
  const byId = new Map(records.map((record) => [record.id, record]));
  return { length: records.length, last: records.at(-1), byId };
}

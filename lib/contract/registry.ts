/**
 * The one place where compiled code and the runtime meet on the host.
 *
 * Compiled modules import nothing by package name. Each pushes records onto the array kept under
 * `Symbol.for("everstep.registry")` on `globalThis`, so any number of copies of this package, under
 * any name, in either module system, see the same functions. The array is append-only: a module
 * that is evaluated again (a reload) pushes again, and the newest record of an id counts.
 */
export const REGISTRY_SYMBOL = Symbol.for("everstep.registry");

export interface RegistryRecord {
  /** `closure`: a nested step; `fn` makes the step function from the values it captured. */
  kind: "workflow" | "step" | "closure" | "class";
  id: string;
  fn: RegisteredFunction;
  /** Where it stands in the source: `src/order.ts:12`, relative to the root that ids are made from. */
  at: string;
}

export interface RegisteredFunction {
  (...args: never[]): unknown;
  workflowId?: string;
  stepId?: string;
  classId?: string;
  /** Ids that this step answered to before it was moved or renamed. */
  formerly?: string[];
  maxRetries?: number;
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
  return (
    records.findLast((record) => record.id === id) ??
    records.findLast((record) => record.fn.formerly?.includes(id))
  );
}

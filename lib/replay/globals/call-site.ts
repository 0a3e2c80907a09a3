/** One frame of a stack as workflow code sees it: what the engine tells of it in words and numbers. */
import { define, once } from "./define";

/** What the engine would tell of receivers, functions and kinds of code is not passed on. */
const UNTOLD = [
  ...["getThis", "getFunction", "getTypeName", "getMethodName", "getEvalOrigin", "getPosition"],
  ...["getPromiseIndex", "getScriptHash", "getEnclosingLineNumber", "getEnclosingColumnNumber"],
];
const UNTRUE = ["isToplevel", "isEval", "isNative", "isPromiseAll"];

/** The part of V8's call sites that is asked for. */
export interface EngineCallSite {
  getFileName(): unknown;
  getFunctionName(): unknown;
  getLineNumber(): unknown;
  getColumnNumber(): unknown;
  isAsync(): unknown;
  isConstructor(): unknown;
}

export type CallSite = InstanceType<ReturnType<typeof callSites>>;

export const callSites = once(() => {
  class CallSite {
    readonly #file: string;
    readonly #name: string | null;
    readonly #line: number | null;
    readonly #column: number | null;
    readonly #isAsync: boolean;
    readonly #isConstructor: boolean;

    constructor(site: EngineCallSite) {
      this.#file = textOf(site.getFileName()) ?? "";
      this.#name = textOf(site.getFunctionName());
      this.#line = numberOf(site.getLineNumber());
      this.#column = numberOf(site.getColumnNumber());
      this.#isAsync = site.isAsync() === true;
      this.#isConstructor = site.isConstructor() === true;
    }

    getFileName(): string {
      return this.#file;
    }

    getScriptNameOrSourceURL(): string {
      return this.#file;
    }

    getFunctionName(): string | null {
      return this.#name;
    }

    getLineNumber(): number | null {
      return this.#line;
    }

    getColumnNumber(): number | null {
      return this.#column;
    }

    isAsync(): boolean {
      return this.#isAsync;
    }

    isConstructor(): boolean {
      return this.#isConstructor;
    }

    toString(): string {
      const place = `${this.#file}:${this.#line}:${this.#column}`;
      if (this.#name === null) return this.#isAsync ? `async ${place}` : place;
      const kind = this.#isAsync ? "async " : this.#isConstructor ? "new " : "";
      return `${kind}${this.#name} (${place})`;
    }
  }
  for (const name of UNTOLD) define(CallSite.prototype, name, () => null);
  for (const name of UNTRUE) define(CallSite.prototype, name, () => false);
  return CallSite;
});

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

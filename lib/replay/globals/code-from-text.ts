/**
 * `eval` and the constructors of functions, which refuse text with an `import` in it: the engine
 * answers such a call with an error of the host's realm, from which everything there can be reached.
 * What the bundle itself may import is the business of the build.
 *
 * `eval` called by its name becomes the indirect one, which sees global variables only.
 */
import { define, defineConstant, describe } from "./define";
import { apply, construct, defineProperty, getPrototypeOf, setPrototypeOf } from "./intrinsics";
import { notSupported } from "./unavailable";

const evaluate = eval;

const IMPORT = /\bimport\b/;
const { exec } = RegExp.prototype;

type FunctionMaker = new (...text: string[]) => object;

export function guardCodeFromText(scope: object): void {
  const members = {
    eval(code: unknown): unknown {
      return evaluate(typeof code === "string" ? checked(code) : (code as string));
    },
  };
  define(scope, "eval", members.eval);
  const guarded = guard(Function.prototype, "Function");
  define(scope, "Function", guarded);
  guardKind(async function () {}, "AsyncFunction", guarded);
  guardKind(function* () {}, "GeneratorFunction", guarded);
  guardKind(async function* () {}, "AsyncGeneratorFunction", guarded);
}

function guardKind(sample: object, name: string, parent: object): void {
  setPrototypeOf(guard(getPrototypeOf(sample) as object, name), parent);
}

/** Puts a guard in the place of the constructor that every function of its kind leads to. */
function guard(prototype: object, name: string): object {
  const { constructor: engine } = prototype as { constructor: FunctionMaker };
  function Guarded(...text: unknown[]): unknown {
    // Written back into the same array, which has properties of its own: what workflow code may
    // have put on the prototype of arrays has no say.
    for (let at = 0; at < text.length; at++) text[at] = checked(`${text[at] as string}`);
    return construct(engine, text, new.target ?? Guarded);
  }
  describe(Guarded, "name", name);
  describe(Guarded, "length", 1);
  defineConstant(Guarded, "prototype", prototype);
  defineProperty(prototype, "constructor", { value: Guarded });
  return Guarded;
}

function checked(code: string): string {
  if (apply(exec, IMPORT, [code]) !== null) throw notSupported("import in code made from text");
  return code;
}

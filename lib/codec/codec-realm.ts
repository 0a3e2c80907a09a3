/** What the codec asks of the side it works on: the host, or the sandbox of a workflow. */
export interface CodecRealm {
  /** Null for a function that is no step. What it closed over and is bound to travels with it. */
  stepOf(fn: (...args: never[]) => unknown): StoredStep | null;
  /** The function for a step id; throws an error with the text to show where there is none. */
  makeStep(id: string, captured?: Record<string, unknown>, receiver?: unknown): unknown;
  /** The id of a registered class. */
  classIdOf(constructor: object): string | null;
  classOf(id: string): object | null;
  /** A class that the language does not have; undefined where this realm has none. */
  webClass(name: WebClassName): WebClass | undefined;
}

export type WebClassName = "URL" | "URLSearchParams" | "Headers" | "DOMException";

export type WebClass = (new (...args: string[]) => object) & { prototype: object };

export interface StoredStep {
  id: string;
  /** The values that a nested step closed over. */
  captured?: Record<string, unknown>;
  /** The bound `this`. */
  receiver?: unknown;
}

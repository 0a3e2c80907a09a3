/**
 * Ids of the things the compiler finds: `<kind>//<module>//<name>`.
 *
 * The module is `./src/jobs/order` for a file of the app and `@org/tasks/lib/index` for a file of
 * an installed package: always `/`-separated, never with an extension or a version. The name is the
 * chain of names around the function, joined with `/`.
 */
export type IdKind = "workflow" | "step" | "class";

export interface ParsedId {
  kind: IdKind;
  /** The module part, without extension. */
  module: string;
  /** The function part; may itself contain `/`. */
  name: string;
  /** What people call it: the last piece of the name, or the module's base name for a default export. */
  shortName: string;
}

const KINDS: readonly string[] = ["workflow", "step", "class"];
const SOURCE_EXTENSION = /\.(?:[cm]?[jt]s|[jt]sx)$/;

export function buildId(kind: IdKind, module: string, name: string): string {
  return `${kind}//${module}//${name}`;
}

/** Null for anything that is not an id. Ids of older compilers, with an extension, are read too. */
export function parseId(id: string): ParsedId | null {
  const [kind, module, ...rest] = id.split("//");
  if (kind === undefined || module === undefined || !KINDS.includes(kind)) return null;
  const name = rest.join("//");
  if (module === "" || name === "") return null;
  const plainModule = removeExtension(module);
  return {
    kind: kind as IdKind,
    module: plainModule,
    name,
    shortName: shortNameOf(plainModule, name),
  };
}

export function removeExtension(file: string): string {
  return file.replace(SOURCE_EXTENSION, "");
}

/** `a\b\c` and `a/b/c` are one path, so one id. */
export function toForwardSlashes(file: string): string {
  return file.replaceAll("\\", "/");
}

function shortNameOf(module: string, name: string): string {
  const last = lastPiece(name);
  return last === "default" ? lastPiece(module) : last;
}

function lastPiece(text: string): string {
  return text.slice(text.lastIndexOf("/") + 1);
}

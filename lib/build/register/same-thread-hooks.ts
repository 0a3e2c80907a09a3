/** The hooks for `import` where Node runs them synchronously, in the thread that imports. */
import * as nodeModule from "node:module";
import { compileLoaded, loadCompiled } from "./import-loading";
import type { LoadedModule } from "./import-loading";
import { importedAs, sourceOfMissing } from "./import-resolution";

interface Conditional {
  /** A set where these hooks were new. */
  conditions: readonly string[] | ReadonlySet<string>;
}

interface ResolveContext extends Conditional {
  parentURL?: string;
}

interface LoadContext extends Conditional {
  importAttributes?: Record<string, string>;
}

interface Hooks {
  resolve(
    specifier: string,
    context: ResolveContext,
    next: (specifier: string, context: ResolveContext) => { url: string },
  ): { url: string };
  load(
    url: string,
    context: LoadContext,
    next: (url: string, context: LoadContext) => LoadedModule,
  ): LoadedModule;
}

// Not in the types of the oldest Node that is supported.
const { registerHooks } = nodeModule as { registerHooks?: (hooks: Hooks) => unknown };

let entry: string | undefined;

/**
 * The releases that first had these hooks give an imported CommonJS file, as soon as any hook is
 * there, a `require` that fails for ES modules.
 */
const SOUND_SINCE = new Map([
  [22, 23],
  [23, Infinity],
  [24, 8],
]);

/** False on a Node that has no such hooks, or none to rely on. */
export function installSameThreadHooks(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (!registerHooks || minor < (SOUND_SINCE.get(major) ?? 0)) return false;
  registerHooks({ resolve, load });
  return true;
}

const resolve: Hooks["resolve"] = (specifier, context, next) => {
  // `require` resolves through Module._resolveFilename on every line of Node, and so do we.
  if (isRequire(context)) return next(specifier, context);
  const resolved = resolveImport(specifier, context, next);
  if (context.parentURL === undefined) entry ??= resolved.url;
  return resolved;
};

const resolveImport: Hooks["resolve"] = (specifier, context, next) => {
  const meant = importedAs(specifier, context.parentURL);
  if (meant !== null) return next(meant, context);
  try {
    return next(specifier, context);
  } catch (error) {
    const source = sourceOfMissing(error);
    if (source === null) throw error;
    return next(source, context);
  }
};

const load: Hooks["load"] = (url, context, next) => {
  if (isRequire(context) || context.importAttributes?.type) return next(url, context);
  return loadCompiled(url, url === entry) ?? compileLoaded(url, next(url, context));
};

function isRequire({ conditions }: Conditional): boolean {
  return "has" in conditions ? conditions.has("require") : conditions.includes("require");
}

/**
 * The hooks for `import` on a Node that runs them in a thread of their own, away from the program.
 *
 * There Node asks no hook for what an ES module imports that was itself loaded by `require`: such a
 * module is compiled, but its own imports have to be what Node can load by itself.
 */
import { compileLoaded, loadCompiled } from "./import-loading";
import type { LoadedModule } from "./import-loading";
import { importedAs, sourceOfMissing } from "./import-resolution";
import { installRequireHooks } from "./require-hooks";

interface ResolveContext {
  parentURL?: string;
}

interface LoadContext {
  importAttributes?: Record<string, string>;
}

type Next<Context, Result> = (subject: string, context: Context) => Promise<Result>;

let entry: string | undefined;

export function initialize(): void {
  // A facade asks what `require` would resolve to.
  installRequireHooks();
}

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: Next<ResolveContext, { url: string }>,
): Promise<{ url: string }> {
  const resolved = await resolveImport(specifier, context, next);
  if (context.parentURL === undefined) entry ??= resolved.url;
  return resolved;
}

export async function load(
  url: string,
  context: LoadContext,
  next: Next<LoadContext, LoadedModule>,
): Promise<LoadedModule> {
  if (context.importAttributes?.type) return next(url, context);
  return loadCompiled(url, url === entry) ?? compileLoaded(url, await next(url, context));
}

async function resolveImport(
  specifier: string,
  context: ResolveContext,
  next: Next<ResolveContext, { url: string }>,
): Promise<{ url: string }> {
  const meant = importedAs(specifier, context.parentURL);
  if (meant !== null) return next(meant, context);
  try {
    return await next(specifier, context);
  } catch (error) {
    const source = sourceOfMissing(error);
    if (source === null) throw error;
    return next(source, context);
  }
}

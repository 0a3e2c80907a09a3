/**
 * The module that `import` sees for a compiled CommonJS file.
 *
 * Node reads the export names of CommonJS from its text, which for TypeScript is not the text that
 * runs, and some lines of Node give an imported file a `require` of their own that knows no other
 * loader. So the import gets a module that requires the file through the ordinary loader, once, and
 * exports what is there: the same instance, `module` and cache as for everyone who requires it.
 */
import { parse } from "cjs-module-lexer";
import { createRequire } from "node:module";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";

export function facadeOf(filename: string, code: string): string {
  const { exports, reexports } = parse(code);
  const names = [...new Set(exports)].filter(
    (name) => name !== "default" && name !== "module.exports",
  );
  const path = JSON.stringify(filename);
  return [
    ...(reexports.length > 0 ? [evaluation(path)] : []),
    ...reexports.flatMap((specifier) => reexport(specifier, filename)),
    `import { createRequire as load } from "node:module";`,
    `const exports = load(${path})(${path});`,
    `const read = (name) => { try { return exports[name]; } catch {} };`,
    ...names.map((name, index) => `const e${index} = read(${JSON.stringify(name)});`),
    `export { ${names.map((name, index) => `e${index} as ${JSON.stringify(name)}`).join(", ")} };`,
    `export { exports as default, exports as "module.exports" };`,
    "",
  ].join("\n");
}

/** Runs first, so that what the file re-exports is loaded where the file loads it, and not before. */
function evaluation(path: string): string {
  const code = `import{createRequire as load}from"node:module";load(${path})(${path})`;
  return `import "data:text/javascript,${encodeURIComponent(code)}";`;
}

/** By the name that `require` resolves to: a package may have another file for `import`. */
function reexport(specifier: string, filename: string): string[] {
  try {
    const target = createRequire(filename).resolve(specifier);
    const url = isAbsolute(target) ? pathToFileURL(target).href : target;
    return [`export * from ${JSON.stringify(url)};`];
  } catch {
    return [];
  }
}

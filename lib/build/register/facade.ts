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

const WHOLE = new Set(["default", "module.exports"]);

export function facadeOf(filename: string, code: string, isEntry: boolean): string {
  const { exports, reexports } = parse(code);
  const names = [...new Set(exports)].filter((name) => !WHOLE.has(name));
  const loading = [
    `import { Module } from "node:module";`,
    // The entry point is `require.main`; to everyone else, Node gives an imported file no parent.
    `const exports = Module._load(${JSON.stringify(filename)}, undefined, ${isEntry});`,
  ];
  return [
    ...(reexports.length > 0 ? [`import ${JSON.stringify(dataUrl(loading))};`] : []),
    ...reexports.flatMap((specifier) => reexport(specifier, filename)),
    ...loading,
    `const read = (name) => { try { return exports[name]; } catch {} };`,
    ...names.map((name, index) => `const e${index} = read(${JSON.stringify(name)});`),
    `export { ${names.map((name, index) => `e${index} as ${JSON.stringify(name)}`).join(", ")} };`,
    `export { exports as default, exports as "module.exports" };`,
    "",
  ].join("\n");
}

/** As the first import it runs first: what the file re-exports is loaded where the file loads it. */
function dataUrl(lines: string[]): string {
  return `data:text/javascript,${encodeURIComponent(lines.join("\n"))}`;
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

/** N2: the scan and the parser find the same places, in the output of esbuild for real packages. */
import { build } from "esbuild";
import { splitOutput } from "../../lib/build/guard-cache";
import { findGuardEdits, type Edit } from "../../lib/build/guard-edits";
import { scanGuardEdits } from "../../lib/build/guard-scan";

const PACKAGES = [
  "@babel/core",
  "@babel/generator",
  "@babel/parser",
  "@jridgewell/trace-mapping",
  "ajv",
  "ansi-styles",
  "eslint-scope",
  "espree",
  "expect",
  "fast-check",
  "jest-worker",
  "minimatch",
  "pretty-format",
  "semver",
  "yargs",
];

async function piecesOf(name: string): Promise<string[]> {
  const entry = resolved(name);
  if (entry === undefined) return [];
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outdir: process.cwd(),
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "iife",
    target: "es2022",
    keepNames: true,
    logLevel: "silent",
  });
  return splitOutput(outputFiles[0]!.text, new Set(Object.keys(metafile.inputs)));
}

function resolved(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** The kinds and places; an expression in parentheses may be taken with or without them. */
function comparable(edits: Edit[], code: string): string[] {
  const inParentheses = /(?:[\s(]|\/\*[^*]*\*\/|\/\/.*\n)*$/;
  return edits
    .filter(({ kind }) => kind !== "remove")
    .map(({ start, kind }) => {
      if (kind === "close-expression") return `${kind} ${start + leading(/[\s)]*/y, code, start)}`;
      if (kind !== "open-expression") return `${kind} ${start}`;
      const before = code.slice(Math.max(0, start - 300), start);
      return `${kind} ${start - inParentheses.exec(before)![0].length}`;
    })
    .sort();
}

function leading(pattern: RegExp, code: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(code)![0].length;
}

test("the scan finds what the parser finds, in all that it is certain of", async () => {
  const pieces = new Set((await Promise.all(PACKAGES.map(piecesOf))).flat());
  let size = 0;
  let scannedSize = 0;
  for (const code of pieces) {
    if (/^(?:"use strict";\n)?\(\(\) => \{\n$|^\}\)\(\);\n$/.test(code)) continue;
    const scanned = scanGuardEdits(code, true);
    size += code.length;
    if (!scanned) continue;
    scannedSize += code.length;
    const parsed = findGuardEdits(code, { strict: false, removesNaming: true });
    expect(comparable(scanned, code)).toEqual(comparable(parsed, code));
  }
  expect(size).toBeGreaterThan(1_000_000);
  expect(scannedSize / size).toBeGreaterThan(0.7);
});

const CERTAIN: Record<string, string> = {
  "loops without braces": "for (const k in o) if (k) for (;;) f(k); else while (x) g(); h();",
  "do without braces": "for (;;) do x++; while (y); z();",
  "try in a loop without braces": "for (;;) try { f(); } catch { g(); } finally { h(); } i();",
  "switch in a loop without braces": "while (x) switch (y) { case 1: { z(); } default: f(); } g();",
  "a label in a loop without braces": "for (;;) a: for (;;) { break a; } g();",
  "methods named like keywords": "x = { if(a) { b(); }, catch(e) { c(); }, for: 1 };",
  "methods of classes named like keywords": "class A { static catch(e) { b(); } do() { c(); } }",
  "arrows in conditionals": "x = a ? (b) => b ? 1 : 2 : (c) => c;",
  "arrows in arrows": "x = (a) => (b) => (c) => [a, b, c], y = 1;",
  "arrows that end with an operator": "x = () => i++, y = () => z--;",
  "arrows in templates": "x = `a${(b) => `c${(d) => d}e`}f`;",
  "regular expressions": "if (x) /[/{]+/.test(a) && b / c / d; y = a.return / 2;",
  "a case that begins with a block": "switch (a) { case b ? c : d: { f(); } case '}': { g(); } }",
  "a class that extends a call": "class A extends mixin((b) => b) { constructor() { super(); } }",
  directives: `function f() { "use strict"; "other"; x(); }`,
};

for (const [name, code] of Object.entries(CERTAIN)) {
  test(`the scan understands ${name}`, () => {
    const scanned = scanGuardEdits(code, false);
    const parsed = findGuardEdits(code, { strict: false, removesNaming: false });
    expect(comparable(scanned!, code)).toEqual(comparable(parsed, code));
  });
}

const UNCERTAIN: Record<string, string> = {
  "a slash behind a brace": "x = {} / 2;",
  "a class with fields and no constructor": "class A { x = f(); }",
  "brackets that do not match": "f(];",
  "a string that does not end": "x = 'a",
};

for (const [name, code] of Object.entries(UNCERTAIN)) {
  test(`the scan leaves ${name} to the parser`, () => {
    expect(scanGuardEdits(code, false)).toBeNull();
  });
}

/**
 * The plugin over real code: the sources that lie in node_modules, as they are, and with directives
 * put into their functions by a seeded script. `npm run test:deep` takes all files, `npm test` a
 * seeded slice.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { parse, type ParserPlugin } from "@babel/parser";
import { transformSource } from "../../babel-plugin/transform";
import { CompileError } from "../../lib/contract/error";
import { MODES } from "./compile";

const ROOT = path.resolve(__dirname, "../..");
const SEED = Number(process.env.EVERSTEP_SEED ?? Math.floor(Math.random() * 1e9));
const SLICE = process.env.EVERSTEP_DEEP === "1" ? Infinity : 250;
const LARGEST = 200_000;

test(`real code is compiled or refused with a code, never with an internal error (seed ${SEED})`, () => {
  const random = createRandom(SEED);
  const files = shuffle(sourceFiles(path.join(ROOT, "node_modules")), random).slice(0, SLICE);
  expect(files.length).toBeGreaterThan(200);
  let compiled = 0;
  for (const file of files) {
    const source = readFileSync(file, "utf8");
    if (!parses(source, file)) continue;
    const sprinkled = sprinkle(source, random);
    for (const mode of MODES) {
      const output = attempt(sprinkled, file, mode);
      if (output === null) continue;
      compiled++;
      if (!parses(output, file)) throw new Error(`Output of ${mode} does not parse: ${file}`);
      if (/^\s*["']use (step|workflow)["']/m.test(withoutText(output))) {
        throw new Error(`Output of ${mode} keeps a directive: ${file}`);
      }
    }
  }
  expect(compiled).toBeGreaterThan(100);
}, 3_600_000);

test("files without directives come out unchanged in every mode", () => {
  const files = shuffle(sourceFiles(path.join(ROOT, "node_modules")), createRandom(SEED));
  for (const file of files.slice(0, SLICE)) {
    const source = readFileSync(file, "utf8");
    if (!parses(source, file) || /["']use (step|workflow)/.test(source)) continue;
    for (const mode of ["host", "step", "client"] as const) {
      if (transformSource({ code: source, filename: file, mode })) {
        throw new Error(`${mode} changed ${file}`);
      }
    }
  }
}, 3_600_000);

/** Null when the file is refused; anything but a finding of the compiler is a failure. */
function attempt(code: string, filename: string, mode: (typeof MODES)[number]): string | null {
  try {
    return transformSource({ code, filename, mode })?.code ?? null;
  } catch (error) {
    if (CompileError.is(error)) return null;
    // Babel's own refusal of the source, a private name used outside its class for example.
    if (error instanceof SyntaxError || (error as { code?: string }).code === "BABEL_PARSE_ERROR") {
      return null;
    }
    throw new Error(`${mode} failed on ${filename}`, { cause: error });
  }
}

/** Makes about a third of the functions steps and a few of them workflows. */
function sprinkle(source: string, random: () => number): string {
  const withAsync = source.replace(/(^|[^\w.$#*])function(?=\s*[\w$]*\s*\()/gm, (text, before) =>
    /async\s*$/.test(before as string) ? text : `${before as string}async function`,
  );
  const isAsync = /(async function\s*[\w$]*\s*\([^(){}]*\)\s*\{|async\s*\([^(){}]*\)\s*=>\s*\{)/g;
  return withAsync.replace(isAsync, (head) => {
    const pick = random();
    if (pick > 0.4) return head;
    return `${head}"use ${pick > 0.05 ? "step" : "workflow"}";`;
  });
}

function parses(code: string, file: string): boolean {
  const plugins: ParserPlugin[] = /\.[cm]?tsx?$/.test(file)
    ? ["typescript", "decorators-legacy"]
    : ["jsx", "decorators-legacy"];
  try {
    parse(code, { sourceType: "unambiguous", plugins, allowReturnOutsideFunction: true });
    return true;
  } catch {
    return false;
  }
}

/** Without template literals and comments, where a directive's text means nothing. */
function withoutText(code: string): string {
  return code.replace(/`(?:\\[\s\S]|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/.*/g, "");
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) return sourceFiles(file);
      const isSource = /\.(?:[cm]?js|jsx|[cm]?ts|tsx)$/.test(entry.name);
      return isSource && statSync(file).size < LARGEST ? [file] : [];
    });
}

function shuffle<V>(values: V[], random: () => number): V[] {
  const shuffled = [...values];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as V, shuffled[i] as V];
  }
  return shuffled;
}

/** Mulberry32: small, seeded, and good enough to pick files with. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

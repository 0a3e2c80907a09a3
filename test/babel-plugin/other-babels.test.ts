/**
 * Babel 8 and the oldest Babel 7 give the same output as the Babel installed here, but for the way
 * they print. A deep run checks the whole corpus on every Node line; the quick run only what needs no other toolchain: that the plugin takes
 * all it uses of Babel from the object that Babel passes in.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isDeep, nodeBinaries, toolchainFolder } from "../toolchain/install";

const ROOT = path.resolve(__dirname, "../..");
const FIXTURES = path.join(__dirname, "fixtures");

interface Report {
  version: string;
  results: Record<string, { input: string; text: string; code?: string }>;
}

test("the plugin imports Babel's types only, never Babel itself", () => {
  const folder = path.join(ROOT, "dist/babel-plugin");
  const files = [...readdirSync(folder), ...readdirSync(path.join(folder, "modes"))];
  // transform.ts is our own way in, for the build and for everstep/register.
  const sources = files.filter((file) => file.endsWith(".js") && file !== "transform.js");
  expect(sources.length).toBeGreaterThan(15);
  for (const file of sources) {
    const nested = path.join(folder, "modes", file);
    const code = readFileSync(existsSync(nested) ? nested : path.join(folder, file), "utf8");
    expect({ file, requires: /require\("@babel/.test(code) }).toEqual({ file, requires: false });
  }
});

const binaries = isDeep ? nodeBinaries() : [];

const BABELS = { "babel726-core": /^7\.26\./, "babel8-core": /^8\./ };

const runs = binaries.flatMap((binary) =>
  Object.entries(BABELS).map(([name, expected]) => ({ ...binary, name, expected })),
);

for (const { version, path: node, name: babelName, expected: babelVersion } of runs) {
  test(`${babelName} compiles the corpus as the installed Babel does, on Node ${version}`, () => {
    const script = path.join(__dirname, "compile-corpus.mjs");
    const plugin = path.join(ROOT, "dist/babel-plugin/index.mjs");
    const output = execFileSync(node, [script, toolchainFolder(), babelName, plugin], {
      encoding: "utf8",
      maxBuffer: 1e9,
    });
    const { version: babel, results } = JSON.parse(output) as Report;
    expect(babel).toMatch(babelVersion);
    for (const [name, { input, text, code }] of Object.entries(results)) {
      const [folder = "", mode = ""] = name.split(" ");
      const refusal = path.join(FIXTURES, folder, "error.txt");
      const isRefused = existsSync(refusal);
      const expected = isRefused
        ? refusal
        : path.join(FIXTURES, folder, mode + path.extname(input));
      expect({ name, code: code?.startsWith("BABEL") }).not.toEqual({ name, code: true });
      expect([name, withoutPrinting(text)]).toEqual([
        name,
        withoutPrinting(readFileSync(expected, "utf8")),
      ]);
    }
  }, 300_000);
}

/** White space, trailing commas, parentheses and quotes are the printer's own business. */
function withoutPrinting(code: string): string {
  return code.replace(/[\s,()'"]/g, "");
}

/** Runs the same snippets in a realm and in Node itself, which says what the answers have to be. */
import { spawnSync } from "node:child_process";
import { newRealm } from "./realm-script";

/** What Node makes of each snippet, as text; with the zone and the language of the realm. */
export function textsOfNode(snippets: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", IN_NODE], {
    input: JSON.stringify(snippets),
    encoding: "utf8",
    env: { TZ: "UTC", LANG: "en_US.UTF-8", LC_ALL: "en_US.UTF-8" },
    maxBuffer: 1e8,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

const IN_NODE = `
const { runInThisContext } = require("node:vm");
const { format } = require("node:util");
globalThis.shown = (...args) => format(...args);
const say = (value) => typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
const text = async (code) => {
  try { return say(await runInThisContext(code)); } catch (error) { return "thrown " + error; }
};
(async () => {
  const snippets = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const texts = [];
  for (const snippet of snippets) texts.push(await text(snippet));
  console.log(JSON.stringify(texts));
})();
`;

export interface Comparison {
  /** The code around each snippet. */
  wrap?: (snippet: string) => string;
  /** What the realm says on purpose where Node, or one line of it, says something else. */
  except?: Record<string, string>;
}

/** The arguments of a call of the console look the same in both. */
export function expectSameShown(
  calls: readonly string[],
  except: Readonly<Record<string, string>> = {},
): void {
  const node = textsOfNode(calls.map((args) => `shown(${args})`));
  const realm = newRealm();
  const differences = calls.flatMap((args, at) => {
    realm.printed.length = 0;
    realm.run(`console.log(${args})`);
    const says = realm.printed.join("|").replace("log: ", "");
    const expected = Object.hasOwn(except, args) ? except[args] : node[at];
    return says === expected ? [] : [{ args, expected, says }];
  });
  expect(differences).toEqual([]);
}

/** Every snippet says the same in both; of what is thrown, the name counts and not the words. */
export function expectSameAsNode(
  snippets: readonly string[],
  { wrap = (snippet) => snippet, except = {} }: Comparison = {},
): void {
  expect(Object.keys(except).filter((snippet) => !snippets.includes(snippet))).toEqual([]);
  const codes = snippets.map((snippet) => wrap(snippet));
  const node = textsOfNode(codes).map(withoutWords);
  const realm = newRealm();
  const differences = snippets.flatMap((snippet, at) => {
    const says = withoutWords(realm.text(codes[at]!));
    const expected = Object.hasOwn(except, snippet) ? except[snippet] : node[at];
    return says === expected ? [] : [{ snippet, expected, says }];
  });
  expect(differences).toEqual([]);
}

function withoutWords(text: string): string {
  return /^thrown [^:[ ]*/.exec(text)?.[0] ?? text;
}

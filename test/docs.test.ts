import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "@babel/core";
import { transformSource } from "../babel-plugin/transform";
import { type CodeBlock, codeBlocks, sectionsOf } from "./documents";
import { IMPORT_TABLE } from "./import-table";

const ROOT = path.resolve(__dirname, "..");
const FOR_USERS = ["README.md", "docs/compiler.md", "docs/sandbox.md", "docs/stored-values.md"];
const DOCUMENTS = [...FOR_USERS, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
const EVERY_PAGE = [...DOCUMENTS, ...pagesIn("docs/decisions"), ...pagesIn("docs/errors")];

function pagesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder)).map((file) => `${folder}/${file}`);
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

function blocksOf(file: string, ...languages: string[]): CodeBlock[] {
  return codeBlocks(read(file)).filter(({ language }) => languages.includes(language));
}

function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, "");
}

/** What stands in backticks outside of code blocks. */
function quotedIn(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
}

/** The commands of a document, as lists of words. */
function commandsIn(file: string): string[][] {
  const lines = blocksOf(file, "sh").flatMap(({ code }) => code.trim().split("\n"));
  return lines.map((line) => line.split(" "));
}

test.each(FOR_USERS)("the TypeScript in %s compiles in every mode", (file) => {
  const blocks = blocksOf(file, "ts");
  expect(blocks.length).toBeGreaterThan(0);
  for (const { code, line } of blocks) {
    for (const mode of ["host", "step", "client", "workflow"] as const) {
      const filename = path.join(ROOT, `${file}-${line}.ts`);
      expect(transformSource({ code, filename, mode })?.code).toContain("everstep");
    }
  }
});

test.each(FOR_USERS)("the JavaScript and JSON in %s can be read, and its plugins exist", (file) => {
  for (const { code } of blocksOf(file, "js")) {
    expect(transformSync(code, { configFile: false, babelrc: false })).not.toBeNull();
    for (const [, door] of code.matchAll(/"everstep\/([^"]+)"/g)) expect(doors()).toContain(door);
  }
  for (const { code } of blocksOf(file, "json")) expect(() => JSON.parse(code)).not.toThrow();
});

test.each(EVERY_PAGE)("the commands in %s exist", (file) => {
  const scripts = (JSON.parse(read("package.json")) as { scripts: object }).scripts;
  for (const [program = "", ...words] of commandsIn(file)) {
    const [first = "", second = ""] = words;
    if (program === "npx" && first === "everstep" && !second.startsWith("-")) {
      const isMeantToFail = file.endsWith("USAGE_INVALID.md") && second === "biuld";
      expect(isMeantToFail || existsSync(path.join(ROOT, `cli/commands/${second}.ts`))).toBe(true);
    }
    if (program === "npm" && first === "run") expect(Object.keys(scripts)).toContain(second);
    const door = words.find((word) => word.startsWith("everstep/"));
    if (door !== undefined) expect(doors()).toContain(door.replace("everstep/", ""));
  }
});

test.each(["ARCHITECTURE.md", "CONTRIBUTING.md"])("every path that %s names exists", (file) => {
  const isPath = (text: string) =>
    /^[\w.-]+(?:\/[\w.-]+)+$|^[\w-]+\.(?:md|json|ts|mjs)$/.test(text);
  const isOurs = (text: string) => isPath(text) && !/^(?:everstep|dist|input)\b/.test(text);
  const paths = quotedIn(read(file)).filter((text) => isOurs(text));
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
});

test.each(EVERY_PAGE)("every link in %s leads to a file", (file) => {
  const links = [...withoutBlocks(read(file)).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(
    ([, link = ""]) => link,
  );
  const folder = path.dirname(path.join(ROOT, file));
  expect(links.filter((link) => !existsSync(path.join(folder, link)))).toEqual([]);
});

test("the import table of ARCHITECTURE.md is the one that is enforced", () => {
  const section = sectionsOf(read("ARCHITECTURE.md")).get("Who may import whom") ?? "";
  const rows = [...section.matchAll(/^\| +([\w`/-]*\w`?) +\| ([^|]*)\|/gm)].slice(1);
  const table = rows.map(([, folder = "", allowed = ""]) => [
    folder.replaceAll("`", ""),
    allowed.trim() === "" ? [] : allowed.trim().split(", "),
  ]);
  const enforced = Object.entries(IMPORT_TABLE).map(([name, rule]) => [name, rule.folders]);
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(enforced));
  const marked = rows.flatMap(([, folder = ""]) => (folder.startsWith("`") ? [folder] : []));
  const existing = Object.keys(IMPORT_TABLE).filter((name) => existsSync(path.join(ROOT, name)));
  expect(marked.map((name) => name.replaceAll("`", ""))).toEqual(existing);
});

test("the README is short enough to be read", () => {
  expect(read("README.md").split("\n").length).toBeLessThanOrEqual(120);
});

function doors(): string[] {
  const { exports } = JSON.parse(read("package.json")) as { exports: object };
  return Object.keys(exports).map((name) => name.replace("./", ""));
}

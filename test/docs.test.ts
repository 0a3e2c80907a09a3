import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { transformSync } from "@babel/core";
import ts from "typescript";
import { transformSource } from "../babel-plugin/transform";
import { createEmbeddedWorld } from "../embedded-world";
import type { World } from "../lib/contract/world";
import { tempProject } from "./build/temp-project";
import { type CodeBlock, codeBlocks, sectionsOf } from "./documents";
import { IMPORT_TABLE } from "./import-table";
import { until } from "./engine/test-app";
import { node } from "./installed-package";
import { startPageServer, tryCurls } from "./page-server";

const ROOT = path.resolve(__dirname, "..");
const FOR_USERS = [
  "README.md",
  ...["getting-started", "streams", "middleware", "webhooks"].map(pageNamed),
  ...["compiler", "sandbox", "stored-values", "steps", "runs", "sleep", "hooks"].map(pageNamed),
  ...["children", "versions", "embedded-world", "redis", "worlds", "testing"].map(pageNamed),
];
/** Of these the TypeScript is checked against the types of the package, too. */
const TYPE_CHECKED = [
  ...FOR_USERS.filter((file) => !file.endsWith("compiler.md")),
  ...pagesIn("docs/errors").filter((file) =>
    /from "everstep\/(?:api|runtime|testing)"/.test(read(file)),
  ),
];
const DOCUMENTS = [...FOR_USERS, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
const EVERY_PAGE = [...DOCUMENTS, ...pagesIn("docs/decisions"), ...pagesIn("docs/errors")];

function pagesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder)).map((file) => `${folder}/${file}`);
}

function pageNamed(name: string): string {
  return `docs/${name}.md`;
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

/**
 * The TypeScript of a page as the files of an app. A block whose first line is `// name.ts` is the
 * file of that name, which other blocks of the page may import.
 */
function appOf(file: string): Record<string, string> {
  const blocks = blocksOf(file, "ts").map(({ code, line }) => {
    const [, name = `block-${line}.ts`] = /^\/\/ ([\w./-]+\.ts)\n/.exec(code) ?? [];
    return [name, code] as const;
  });
  return Object.fromEntries(blocks);
}

/** A folder with the files, from which the package of this repository can be imported. */
function writeApp(files: Record<string, string>): string {
  const manifest = JSON.stringify({ name: "app", private: true, type: "module" });
  const folder = tempProject({ ...files, "package.json": manifest });
  mkdirSync(path.join(folder, "node_modules"));
  symlinkSync(ROOT, path.join(folder, "node_modules/everstep"), "dir");
  for (const name of ["express", "@types"]) {
    symlinkSync(path.join(ROOT, "node_modules", name), path.join(folder, "node_modules", name));
  }
  return folder;
}

const hasDirective = ({ code }: CodeBlock) => /^\s*"use (?:workflow|step)";$/m.test(code);

test.each(FOR_USERS)("the TypeScript in %s compiles in every mode", (file) => {
  const blocks = blocksOf(file, "ts").filter(hasDirective);
  if (file !== "docs/worlds.md") expect(blocks.length).toBeGreaterThan(0);
  for (const { code, line } of blocks) {
    for (const mode of ["host", "step", "client", "workflow"] as const) {
      const filename = path.join(ROOT, `${file}-${line}.ts`);
      expect(transformSource({ code, filename, mode })?.code).toContain("everstep");
    }
  }
});

test("TypeScript without a directive stands on pages that are type-checked", () => {
  const others = FOR_USERS.filter((file) => !TYPE_CHECKED.includes(file));
  for (const file of others) expect(blocksOf(file, "ts").every(hasDirective)).toBe(true);
});

test("the TypeScript of the pages has the types it needs", () => {
  const folders = TYPE_CHECKED.map((file) => [writeApp(appOf(file)), file] as const);
  const files = folders.flatMap(([folder, file]) =>
    Object.keys(appOf(file)).map((name) => path.join(folder, name)),
  );
  const program = ts.createProgram(files, {
    ...{ strict: true, noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true },
    ...{ target: ts.ScriptTarget.ES2023, lib: ["lib.es2023.d.ts", "lib.dom.d.ts"] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ...{ types: ["node"], typeRoots: [path.join(ROOT, "node_modules/@types")] },
  });
  const complaints = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const place = folders.find(([folder]) => file?.fileName.startsWith(folder));
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    return `${place?.[1]}, ${path.basename(file?.fileName ?? "")}:${line + 1}: ${text}`;
  });
  expect(complaints).toEqual([]);
});

// Programs of pages run like those of users, and not like tests, whose data is kept apart.
delete process.env.NODE_ENV;

/** What a page calls `app.ts` or `<name>.test.ts` is a program; it prints what stands below it. */
const PROGRAMS = FOR_USERS.flatMap((file) =>
  Object.keys(appOf(file))
    .filter((name) => name === "app.ts" || name.endsWith(".test.ts"))
    .map((name) => [name, file] as const),
);

test.each(PROGRAMS)("%s in %s runs, and prints what the page says", async (name, file) => {
  const said = await node(writeApp(appOf(file)), ["--import", "everstep/register", name]);
  const blocks = codeBlocks(read(file));
  const output = blocks[blocks.findIndex(({ code }) => code.startsWith(`// ${name}\n`)) + 1];
  if (name === "app.ts") expect({ ...output, code: said }).toEqual(output);
});

const SERVERS = FOR_USERS.filter((file) => "server.ts" in appOf(file));

test.each(SERVERS)("server.ts in %s answers each curl with what the page says", async (file) => {
  const server = await startPageServer(writeApp(appOf(file)));
  try {
    await tryCurls(codeBlocks(read(file)), server);
  } finally {
    await server.stop("SIGKILL");
  }
});

test("the server of the README says what it shows, and a run goes on after a SIGKILL", async () => {
  const folder = writeApp(appOf("README.md"));
  const first = await startPageServer(folder);
  await tryCurls(codeBlocks(read("README.md")), first);
  const world = createEmbeddedWorld({ dataDir: path.join(folder, ".workflow-data") });
  await world.start();
  await until(() => isAsleep(world));
  await world.close();
  await first.stop("SIGKILL");
  const second = await startPageServer(folder);
  await second.untilSaid("Welcome, ada@example.com");
  await second.stop("SIGKILL");
  const [shown] = blocksOf("README.md", "text");
  const [kept = "", ...done] = shown!.code.split(/(?<=\n)/);
  expect([first.said(), second.said()]).toEqual([kept + done[0], kept + done[1]]);
});

/** Its first step is done for good, then. */
async function isAsleep(world: World): Promise<boolean> {
  const { data } = await world.runs.list({});
  const log = await world.runs.read(data[0]!.runId, 1, 100);
  return log.some(({ event }) => event.type === "wait_created");
}

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

test.each(pagesIn("docs/errors"))("the JavaScript in %s can be read", (file) => {
  // Fragments of functions may return.
  const parserOpts = { allowReturnOutsideFunction: true };
  for (const { code } of blocksOf(file, "js")) {
    expect(transformSync(code, { configFile: false, babelrc: false, parserOpts })).not.toBeNull();
  }
});

test("the README is short enough to be read", () => {
  expect(read("README.md").split("\n").length).toBeLessThanOrEqual(120);
});

function doors(): string[] {
  const { exports } = JSON.parse(read("package.json")) as { exports: object };
  return Object.keys(exports).map((name) => name.replace("./", ""));
}

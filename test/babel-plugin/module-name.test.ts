import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { nameModule, relativeName } from "../../babel-plugin/module-name";

const trees: string[] = [];
afterAll(() => trees.forEach((tree) => rmSync(tree, { recursive: true })));

/** A folder with the given files; package.json files hold the given name. */
function createTree(files: Record<string, string>): string {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "everstep-names-")));
  trees.push(root);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  }
  return root;
}

const named = (name?: string) => JSON.stringify({ name });

test("M2: a file is named by its path below the nearest package.json", () => {
  const root = createTree({ "package.json": named("app"), "src/jobs/order.ts": "" });
  expect(nameModule(path.join(root, "src/jobs/order.ts"))).toEqual({
    module: "./src/jobs/order",
    file: "src/jobs/order.ts",
  });
});

test("M2: in a monorepo each package is a root of its own", () => {
  const root = createTree({
    "package.json": named("mono"),
    "apps/web/package.json": named("web"),
    "apps/web/src/order.ts": "",
  });
  expect(nameModule(path.join(root, "apps/web/src/order.ts")).module).toBe("./src/order");
});

test("M2: `root` overrides, for files below it", () => {
  const root = createTree({
    "package.json": named("mono"),
    "apps/web/package.json": named("web"),
    "apps/web/src/order.ts": "",
  });
  const file = path.join(root, "apps/web/src/order.ts");
  expect(nameModule(file, root).module).toBe("./apps/web/src/order");
});

test("M1: a symlinked file and a symlinked folder give the id of the real file", () => {
  const root = createTree({ "package.json": named("app"), "src/order.ts": "" });
  const elsewhere = createTree({ "package.json": named("other") });
  symlinkSync(path.join(root, "src"), path.join(elsewhere, "linked"));
  symlinkSync(path.join(root, "src/order.ts"), path.join(elsewhere, "single.ts"));
  expect(nameModule(path.join(elsewhere, "linked/order.ts")).module).toBe("./src/order");
  expect(nameModule(path.join(elsewhere, "single.ts")).module).toBe("./src/order");
});

test("M3: a file of an installed package has the package's name and no version", () => {
  const root = createTree({
    "package.json": named("app"),
    "node_modules/@org/tasks/package.json": named("@org/tasks"),
    "node_modules/@org/tasks/lib/index.js": "",
    "node_modules/.pnpm/jobs@2.0.0/node_modules/jobs/package.json": named("jobs"),
    "node_modules/.pnpm/jobs@2.0.0/node_modules/jobs/lib/package.json": "{}",
    "node_modules/.pnpm/jobs@2.0.0/node_modules/jobs/lib/run.mjs": "",
  });
  const below = (file: string) => nameModule(path.join(root, "node_modules", file)).module;
  expect(below("@org/tasks/lib/index.js")).toBe("@org/tasks/lib/index");
  expect(below(".pnpm/jobs@2.0.0/node_modules/jobs/lib/run.mjs")).toBe("jobs/lib/run");
});

test("M3: with `root`, a workspace package that the root depends on has the package's name", () => {
  const root = createTree({
    "apps/web/package.json": named("web"),
    "packages/tasks/package.json": named("@org/tasks"),
    "packages/tasks/src/send.ts": "",
  });
  mkdirSync(path.join(root, "node_modules/@org"), { recursive: true });
  symlinkSync(path.join(root, "packages/tasks"), path.join(root, "node_modules/@org/tasks"));
  const file = path.join(root, "node_modules/@org/tasks/src/send.ts");
  expect(nameModule(file, path.join(root, "apps/web")).module).toBe("@org/tasks/src/send");
  expect(nameModule(file).module).toBe("./src/send");
});

test("a root that does not contain the file is refused", () => {
  const root = createTree({ "package.json": named("app"), "src/order.ts": "", "other/a.ts": "" });
  const file = path.join(root, "src/order.ts");
  const codeOf = (rootOption: string) => {
    try {
      return nameModule(file, rootOption);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(codeOf(path.join(root, "other"))).toBe("ROOT_OUTSIDE_PROJECT");
  expect(codeOf(path.join(root, "missing"))).toBe("ROOT_OUTSIDE_PROJECT");
  expect(codeOf(file)).toBe("ROOT_OUTSIDE_PROJECT");
});

test("the working directory does not matter", () => {
  const root = createTree({ "package.json": named("app"), "src/order.ts": "" });
  const before = process.cwd();
  const names = [tmpdir(), root, path.join(root, "src")].map((folder) => {
    process.chdir(folder);
    return nameModule(path.relative(process.cwd(), path.join(root, "src/order.ts"))).module;
  });
  process.chdir(before);
  expect(new Set(names)).toEqual(new Set(["./src/order"]));
});

test("Windows paths and POSIX paths give equal names", () => {
  const windows = relativeName("C:\\work\\app", "C:\\work\\app\\src\\jobs\\order.tsx");
  expect(windows).toEqual(relativeName("/srv/app/", "/srv/app/src/jobs/order.tsx"));
  expect(windows).toEqual({ module: "./src/jobs/order", file: "src/jobs/order.tsx" });
});

test("a file without any package.json above is named by itself", () => {
  expect(nameModule("/no-such-folder/order.mts").module).toBe("./order");
});

test("a broken package.json gives a package the name of its folder", () => {
  const root = createTree({
    "node_modules/broken/package.json": "{",
    "node_modules/broken/a.js": "",
    "node_modules/empty/package.json": "null",
    "node_modules/empty/a.js": "",
  });
  expect(nameModule(path.join(root, "node_modules/broken/a.js")).module).toBe("broken/a");
  expect(nameModule(path.join(root, "node_modules/empty/a.js")).module).toBe("empty/a");
});

test("an address or a bundler's question mark does not become part of the name", () => {
  const root = createTree({ "package.json": named("app"), "src/order.ts": "" });
  const file = path.join(root, "src/order.ts");
  expect(nameModule(`${file}?v=1`).module).toBe("./src/order");
  expect(nameModule(pathToFileURL(file).href).module).toBe("./src/order");
});

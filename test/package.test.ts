import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { sourceFiles } from "./import-table";
import { writeFiles } from "./build/temp-project";
import {
  installAs,
  makeFolder,
  node,
  npm,
  type Packed,
  packSources,
  ROOT,
  run,
} from "./installed-package";

interface PackageJson {
  exports: Record<
    string,
    string | Record<"import" | "require" | "workflow", { types: string; default: string }>
  >;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface LockedPackage {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  resolved?: string;
  hasInstallScript?: boolean;
  os?: string[];
  cpu?: string[];
}

/** Packages whose install script only saves time: what it fetches or builds, npm has installed. */
const WORKS_WITHOUT_ITS_SCRIPT = [
  ...["@parcel/watcher", "@photostructure/sqlite", "esbuild", "msgpackr-extract"],
  "unrs-resolver",
];

/** The name that the package of the published kit has in an app. */
const ALIAS = "workflow";

const manifest = readJson("package.json") as PackageJson;
/** Those that a program can load; code of the sandbox has a door of its own. */
const doors = Object.entries(manifest.exports).filter(
  ([, target]) => typeof target === "string" || "import" in target,
);
const folder = makeFolder();
let packed: Packed;
let app: string;
let aliasApp: string;

beforeAll(async () => {
  packed = await packSources(folder);
  const names = ["everstep", ALIAS];
  [app = "", aliasApp = ""] = await Promise.all(
    names.map((name) => installAs(name, packed.tarball)),
  );
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true }));

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(ROOT, file), "utf8"));
}

/** Every sub-path, the one that installs hooks last. */
function subPaths(name: string): string[] {
  const names = doors.map(([door]) => door.replace(".", name)).filter((each) => !isData(each));
  return names.sort((a, b) => Number(a.endsWith("/register")) - Number(b.endsWith("/register")));
}

function isData(name: string): boolean {
  return name.endsWith(".json");
}

test("the package holds exactly the compiled sources, their types and maps, and the documents", () => {
  // Code of the sandbox is shipped as text. Of its folders, only what the host uses is compiled.
  const isInSandbox = (file: string) => /^lib\/replay\/(?:calls|globals|realm)\//.test(file);
  const shared = ["sandbox-host", "globals-host"].map((name) => `lib/replay/realm/${name}.ts`);
  const compiledFiles = sourceFiles(ROOT).filter((file) => !isInSandbox(file));
  const stems = [...compiledFiles, ...shared].map((file) => `dist/${file.replace(/\.ts$/, "")}`);
  const compiled = stems.flatMap((stem) => [`${stem}.js`, `${stem}.js.map`, `${stem}.d.ts`]);
  const esmDoors = doors.flatMap(([, target]) =>
    typeof target === "string" ? [] : [target.import.default, target.import.types],
  );
  const pages = readdirSync(path.join(ROOT, "docs/errors")).map((file) => `docs/errors/${file}`);
  const documents = ["CHANGELOG.md", "LICENSE", "README.md", "babel-plugin/SPEC.md"];
  const expected = [
    ...["package.json", ...documents, ...pages, ...compiled],
    ...esmDoors.map((file) => path.posix.normalize(file)),
  ];
  expect(packed.files).toEqual(expected.sort());
});

test("every sub-path loads by import and by require", async () => {
  for (const [name, where] of [
    ["everstep", app],
    [ALIAS, aliasApp],
  ] as const) {
    const names = JSON.stringify(subPaths(name));
    writeFiles(where, {
      "load.cjs": `for (const name of ${names}) require(name);
        console.log(require("${name}/package.json").name);`,
      "load.mjs": `import data from "${name}/package.json" with { type: "json" };
        for (const name of ${names}) await import(name);
        console.log(data.name);`,
    });
    expect(await node(where, ["load.cjs"])).toBe("everstep\n");
    expect(await node(where, ["load.mjs"])).toBe("everstep\n");
  }
});

test("import and require of a sub-path give the same names and the same classes", async () => {
  const names = subPaths("everstep").filter((name) => !name.endsWith("/register"));
  writeFiles(app, {
    "same.mjs": `
      import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      for (const name of ${JSON.stringify(names)}) {
        const imported = await import(name);
        const required = require(name);
        for (const key of new Set([...Object.keys(imported), ...Object.keys(required)])) {
          console.log(name, key, imported[key] === required[key]);
        }
      }`,
  });
  const lines = (await node(app, ["same.mjs"])).trim().split("\n");
  expect(lines).toContain("everstep/errors EverstepError true");
  expect(lines).toContain("everstep/babel-plugin default true");
  expect(lines.filter((line) => !line.endsWith(" true"))).toEqual([]);
});

test("code compiled by a package installed under another name runs and registers itself", async () => {
  writeFiles(aliasApp, {
    "order.js": `
      export async function checkout(id) { "use workflow"; return charge(id); }
      export async function charge(id) { "use step"; return id + 1; }`,
    "compile.cjs": `
      const { transformFileSync } = require("@babel/core");
      const plugins = [require.resolve("${ALIAS}/babel-plugin")];
      const { code } = transformFileSync("order.js", { plugins, configFile: false });
      require("node:fs").writeFileSync("compiled.mjs", code);`,
    "run.mjs": `
      import { charge } from "./compiled.mjs";
      const records = globalThis[Symbol.for("everstep.registry")];
      console.log(await charge(1), records.map(({ kind, id }) => kind + " " + id).join(", "));`,
  });
  expect(existsSync(path.join(aliasApp, "node_modules/everstep"))).toBe(false);
  await node(aliasApp, ["compile.cjs"]);
  expect(await node(aliasApp, ["run.mjs"])).toBe(
    "2 workflow workflow//./order//checkout, step step//./order//charge\n",
  );
  expect(readFileSync(path.join(aliasApp, "compiled.mjs"), "utf8")).not.toMatch(/import|require/);
});

test("register compiles TypeScript with directives under either name of the package", async () => {
  for (const [name, where] of [
    ["everstep", app],
    [ALIAS, aliasApp],
  ] as const) {
    writeFiles(where, {
      "main.ts": `
        async function greet(name: string): Promise<string> { "use step"; return "Hello, " + name; }
        void greet("you").then((text) => console.log(text, (greet as { stepId?: string }).stepId));`,
    });
    const printed = await node(where, ["--import", `${name}/register`, "main.ts"]);
    expect(printed).toBe("Hello, you step//./main//greet\n");
  }
});

test("two copies of the package in one process share one registry and know each other's errors", async () => {
  const copies = [
    path.join(app, "node_modules/everstep"),
    path.join(aliasApp, "node_modules", ALIAS),
  ];
  writeFiles(app, {
    "copies.cjs": `
      const { transformSync } = require("@babel/core");
      const copies = ${JSON.stringify(copies)}.map((copy) => ({
        plugin: require(copy + "/dist/babel-plugin/index.js").default,
        registry: require(copy + "/dist/lib/contract/registry.js"),
        errors: require(copy + "/dist/lib/errors.js"),
      }));
      copies.forEach(({ plugin }, index) => {
        const filename = __dirname + "/copy" + index + ".js";
        const source = 'async function charge() { "use step"; }';
        const { code } = transformSync(source, { filename, plugins: [plugin], configFile: false });
        new Function(code)();
      });
      const [a, b] = copies;
      const error = new a.errors.EverstepError("NOT_COMPILED", "");
      console.log(
        a.errors.EverstepError !== b.errors.EverstepError,
        b.errors.EverstepError.is(error),
        a.registry.registryRecords() === b.registry.registryRecords(),
        b.registry.findRecord("step//./copy0//charge") !== undefined,
        a.registry.findRecord("step//./copy1//charge") !== undefined,
      );`,
  });
  expect(await node(app, ["copies.cjs"])).toBe("true true true true true\n");
});

test("a sample type-checks in both module systems, under node16 and bundler, without Babel's types", async () => {
  expect(existsSync(path.join(app, "node_modules/@types/babel__core"))).toBe(false);
  const use = `
    const plugin: (api: object, options?: EverstepPluginOptions) => object = everstep;
    export const result = plugin({}, { mode: "workflow", root: "." });
    export function lineOf(error: unknown): number | undefined {
      if (CompileError.is(error)) return error.diagnostics[0]?.line;
      const code: ErrorCode | undefined = EverstepError.is(error) ? error.code : undefined;
      return code === undefined ? undefined : ERROR_TABLE[code].remedy.length;
    }`;
  const imports = `
    import everstep, { type EverstepPluginOptions } from "everstep/babel-plugin";
    import { CompileError, ERROR_TABLE, EverstepError, type ErrorCode } from "everstep/errors";
    import "everstep/register";`;
  const requires = `
    import plugins = require("everstep/babel-plugin");
    import errors = require("everstep/errors");
    import "everstep/register";
    type EverstepPluginOptions = plugins.EverstepPluginOptions;
    type ErrorCode = errors.ErrorCode;
    const everstep = plugins.default;
    const { CompileError, ERROR_TABLE, EverstepError } = errors;`;
  const config = (module: string, moduleResolution: string) => ({
    compilerOptions: {
      ...{ module, moduleResolution, target: "es2022", lib: ["es2022"], types: [] },
      ...{ strict: true, skipLibCheck: false, noEmit: true },
    },
    files: ["sample.mts", "sample.cts"],
  });
  writeFiles(path.join(app, "types"), {
    "sample.mts": imports + use,
    "sample.cts": requires + use,
    "node16.json": JSON.stringify(config("node16", "node16")),
    "bundler.json": JSON.stringify(config("preserve", "bundler")),
  });
  const tsc = require.resolve("typescript/bin/tsc");
  const check = (file: string) => node(app, [tsc, "-p", `types/${file}`]);
  expect(await Promise.all(["node16.json", "bundler.json"].map(check))).toEqual(["", ""]);
});

test("`npx everstep --version` prints the version of the package", async () => {
  const { version } = readJson("package.json") as { version: string };
  expect(await npm(app, ["exec", "--offline", "--", "everstep", "--version"])).toBe(`${version}\n`);
  const bin = path.join(aliasApp, "node_modules/.bin/everstep");
  expect(await run(aliasApp, bin, ["--version"])).toBe(`${version}\n`);
});

test("nothing needs an install script: not the package, nor what it depends on", () => {
  const scripts = Object.keys(manifest.scripts);
  expect(scripts.filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name))).toEqual([]);
  const withScript = lockedPackages().filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(withScript.map(([name]) => name.replace("node_modules/", ""))).toEqual(
    WORKS_WITHOUT_ITS_SCRIPT,
  );
});

test("the lock file names no address, so any registry serves `npm ci`", () => {
  const withAddress = lockedPackages().filter(([, { resolved }]) => resolved !== undefined);
  expect(withAddress).toEqual([]);
});

test("the lock file has every dependency for every platform, or `npm ci` would refuse it", () => {
  const locked = new Set(lockedPackages().map(([name]) => name));
  const missing = lockedPackages().flatMap(([from, { dependencies, optionalDependencies }]) => {
    const names = Object.keys({ ...dependencies, ...optionalDependencies });
    return names.filter((name) => !placesOf(name, from).some((place) => locked.has(place)));
  });
  expect(missing).toEqual([]);
});

test("no dependency that is named in package.json is made for one platform", () => {
  const direct = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const locked = new Map(lockedPackages());
  const forOnePlatform = direct.filter((name) => {
    const found = locked.get(`node_modules/${name}`);
    return found === undefined || found.os !== undefined || found.cpu !== undefined;
  });
  expect(forOnePlatform).toEqual([]);
});

function lockedPackages(): [string, LockedPackage][] {
  const { packages } = readJson("package-lock.json") as {
    packages: Record<string, LockedPackage>;
  };
  return Object.entries(packages).filter(([name]) => name !== "");
}

/** Where Node would look for a package, from the innermost folder to the outermost. */
function placesOf(name: string, from: string): string[] {
  const parts = from.split("/node_modules/");
  const holders = parts.map((_, index) =>
    parts.slice(0, parts.length - index).join("/node_modules/"),
  );
  return [...holders.map((holder) => `${holder}/node_modules/${name}`), `node_modules/${name}`];
}

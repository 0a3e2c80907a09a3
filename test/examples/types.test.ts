/** The examples, and the app of the published kit, have the types they need where users have them. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { newFolder, ROOT } from "./example-server";

const EXAMPLES = readdirSync(path.join(ROOT, "examples"));
/** Together, since most of the time goes into the types of the packages. */
const APPS = [
  ["everstep", EXAMPLES.map((name) => `examples/${name}`)],
  ["workflow", ["test/examples/devkit-app/app"]],
] as const;

test.each(APPS)("apps have the types they need, from a package named %s", (name, sources) => {
  const folder = newFolder();
  for (const source of sources) {
    cpSync(path.join(ROOT, source), path.join(folder, path.basename(source)), { recursive: true });
  }
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
  const modules = path.join(folder, "node_modules");
  mkdirSync(modules);
  symlinkSync(ROOT, path.join(modules, name), "dir");
  for (const other of ["express", "@types"]) {
    symlinkSync(path.join(ROOT, "node_modules", other), path.join(modules, other), "dir");
  }
  expect(complaintsAbout(folder)).toEqual([]);
});

test("every example has a README and a test", () => {
  const tests = readdirSync(__dirname);
  for (const name of EXAMPLES) {
    expect(readdirSync(path.join(ROOT, "examples", name))).toContain("README.md");
    expect(tests).toContain(`${name}.test.ts`);
  }
});

function complaintsAbout(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const isSource = (name: string) => name.endsWith(".ts") && !name.startsWith("node_modules");
  const files = names.filter(isSource).map((name) => path.join(folder, name));
  const program = ts.createProgram(files, {
    ...{ strict: true, noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true },
    ...{ target: ts.ScriptTarget.ES2023, lib: ["lib.es2023.d.ts", "lib.dom.d.ts"] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ...{ types: ["node"], typeRoots: [path.join(ROOT, "node_modules/@types")] },
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const { line } = file?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0 };
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    return `${path.relative(folder, file?.fileName ?? "")}:${line + 1}: ${text}`;
  });
}

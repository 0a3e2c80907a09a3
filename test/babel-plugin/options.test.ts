import { parseSync, transformFromAstSync, transformSync } from "@babel/core";
import everstepPlugin from "../../babel-plugin";
import { EverstepError } from "../../lib/contract/error";

function transform(
  options: object,
  filename?: string,
  code = 'async function a() { "use step"; }',
) {
  try {
    return transformSync(code, {
      filename,
      configFile: false,
      babelrc: false,
      plugins: [[everstepPlugin, options]],
    })?.code;
  } catch (error) {
    return EverstepError.is(error) || (error as EverstepError).code
      ? (error as EverstepError)
      : null;
  }
}

const codeOf = (result: ReturnType<typeof transform>) => (result as EverstepError).code;

test("an unknown mode is refused, and the modes are listed", () => {
  const error = transform({ mode: "sandbox" }, "/a/b.js") as EverstepError;
  expect(error.code).toBe("PLUGIN_OPTION_INVALID");
  expect(error.message).toContain('"host", "step", "client", "workflow"');
});

test("an unknown option and a root that is no path are refused", () => {
  expect(codeOf(transform({ modes: "host" }, "/a/b.js"))).toBe("PLUGIN_OPTION_INVALID");
  expect(codeOf(transform({ root: 3 }, "/a/b.js"))).toBe("PLUGIN_OPTION_INVALID");
});

test("directives in a source without a file name are refused, since ids could not be made", () => {
  expect(codeOf(transform({}))).toBe("FILENAME_MISSING");
  expect(transform({}, undefined, "const a = 1;")).toBe("const a = 1;");
});

test("errors have a stable code, a place, a remedy and the page that explains them", () => {
  const error = transform({}, "/a/b.js", 'function a() {\n  "use step";\n}') as EverstepError;
  expect(error).toMatchObject({
    name: "CompileError",
    code: "FUNCTION_NOT_ASYNC",
    at: "/a/b.js:1:1",
  });
  expect(error.message).toContain("Make it `async`");
  expect(error.message).toContain("everstep/docs/errors/FUNCTION_NOT_ASYNC.md");
});

test("directives are found in a tree that comes without its text", () => {
  const shared = { filename: "/a/b.js", configFile: false, babelrc: false } as const;
  const compileTree = (code: string) => {
    const tree = parseSync(code, shared);
    return tree && transformFromAstSync(tree, undefined, { ...shared, plugins: [everstepPlugin] });
  };
  const compiled = compileTree('export async function a() { "use step"; }');
  expect(compiled?.code).toContain('"step//./b//a"');
  expect(compileTree("const a = 1;")?.code).toBe("const a = 1;");
});

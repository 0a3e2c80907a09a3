// Runs the plugin under some Babel over the fixture corpus and prints, as JSON, what each mode made
// of each case. Arguments: the folder whose node_modules holds that Babel, its name there, and the
// plugin's ES module.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [toolchain, babelName, pluginFile] = process.argv.slice(2);
const require = createRequire(path.join(toolchain, "from-here.js"));
const babel = await import(pathToFileURL(require.resolve(babelName)).href);
const { default: everstep } = await import(pathToFileURL(pluginFile).href);
const fixtures = path.join(path.dirname(fileURLToPath(import.meta.url)), "fixtures");

const results = {};
for (const name of readdirSync(fixtures)) {
  const input = readdirSync(path.join(fixtures, name)).find((file) => file.startsWith("input."));
  const code = readFileSync(path.join(fixtures, name, input), "utf8");
  for (const mode of ["host", "step", "client", "workflow"]) {
    results[`${name} ${mode}`] = { input, ...compile(code, input, mode) };
  }
}
process.stdout.write(JSON.stringify({ version: babel.version, results }));

function compile(code, input, mode) {
  const isTypeScript = /\.tsx?$/.test(input);
  const plugins = [isTypeScript && "typescript", !input.endsWith(".ts") && "jsx"];
  const parserOpts = { plugins: [...plugins.filter(Boolean), "decorators-legacy"] };
  const filename = path.join(path.parse(process.cwd()).root, "everstep-fixture", input);
  const shared = { filename, configFile: false, babelrc: false, sourceType: "unambiguous" };
  try {
    const options = { ...shared, parserOpts, plugins: [[everstep, { mode }]] };
    return { text: babel.transformSync(code, options).code };
  } catch (error) {
    return { text: error.message.slice(error.message.indexOf(": ") + 2), code: error.code };
  }
}

import path from "node:path";
import { buildWorkflows } from "../../lib/build/build-workflows";
import { openProject } from "../../lib/build/project";
import { writeBuild } from "../../lib/build/write-build";
import { MANIFEST_FOLDER } from "../../lib/contract/manifest";
import { type Command, optionText, readArguments, type Terminal } from "../command";

const usage = `Usage: everstep build [options] [entries…]

Bundles the workflows and writes the bundle and manifest.json.

  entries        files and folders with workflows and steps, relative to the root
                 (default: workflows and src/workflows)
  --root <dir>   the folder of the project, and the one that ids are relative to;
                 give the compiler the same (default: that of the nearest package.json)
  --out <dir>    where to write (default: <root>/${MANIFEST_FOLDER})
  --handlers     also write flow.js, step.js and webhook.js: the routes as handlers that take a
                 Request and give a Response, for other servers than Express`;

async function run(args: string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = readArguments(buildCommand, args, {
    root: { type: "string" },
    out: { type: "string" },
    handlers: { type: "boolean" },
  });
  const root = optionText(values, "root");
  const given = root === undefined ? {} : { root: path.resolve(terminal.cwd, root) };
  const project = openProject(given, terminal.cwd);
  const folder = path.resolve(terminal.cwd, outFolder(values, project.root));
  const build = await buildWorkflows({
    ...given,
    cwd: terminal.cwd,
    ...(positionals.length > 0 ? { entries: positionals } : {}),
  });
  writeBuild(build, folder, { handlers: values["handlers"] === true });
  const { workflows, steps } = build.manifest;
  const found = `${count(workflows.length, "workflow")}, ${count(steps.length, "step")}`;
  terminal.out(`${found} -> ${path.relative(terminal.cwd, folder) || "."}`);
  for (const { id, file, line } of workflows) terminal.out(`  ${id}  ${file}:${line}`);
}

function outFolder(values: Record<string, unknown>, root: string): string {
  return optionText(values, "out") ?? path.join(root, MANIFEST_FOLDER);
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

export const buildCommand: Command = {
  name: "build",
  summary: "bundle the workflows and write the manifest",
  usage,
  run,
};

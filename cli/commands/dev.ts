import { existsSync } from "node:fs";
import path from "node:path";
import { openProject } from "../../lib/build/project";
import { UsageError } from "../../lib/contract/error";
import { type Command, readArguments, type Terminal } from "../command";
import { DevProcess } from "../dev-process";

const usage = `Usage: everstep dev [options] <file> [arguments…]

Runs an app from its sources, TypeScript and directives included, and starts it
again when a file of the project changes.

  file           the script that starts the app
  arguments      what it gets; options of this command stand before the file
  --latest       runs in flight go on with the workflow code as it is now. Without it
                 they keep the code that they were started with; a run whose log does
                 not fit the code is parked, and goes on when the code does`;

async function run(args: string[], terminal: Terminal): Promise<void> {
  const at = args.findIndex((arg) => !arg.startsWith("-"));
  const [own, program] = at === -1 ? [args, []] : [args.slice(0, at), args.slice(at)];
  const { values } = readArguments(devCommand, own, { latest: { type: "boolean" } });
  const [file] = program;
  if (file === undefined) throw new UsageError("USAGE_INVALID", `Name one file.\n\n${usage}`);
  const script = path.resolve(terminal.cwd, file);
  if (!existsSync(script)) {
    throw new UsageError("USAGE_INVALID", `"${file}" does not exist.`);
  }
  const { root } = openProject({}, path.dirname(script));
  const code = values["latest"] === true ? { WORKFLOW_CODE: "latest" } : {};
  const options = {
    program: [script, ...program.slice(1)],
    root,
    env: { ...terminal.env, ...code },
  };
  await new DevProcess(options, terminal).untilStopped();
}

export const devCommand: Command = {
  name: "dev",
  summary: "run an app from its sources, and again when they change",
  usage,
  run,
};

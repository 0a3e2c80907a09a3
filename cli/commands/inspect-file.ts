import path from "node:path";
import { inspectFile, INSPECT_MODES } from "../../lib/build/inspect-file";
import { UsageError } from "../../lib/contract/error";
import { type Command, optionText, readArguments, type Terminal } from "../command";

const usage = `Usage: everstep inspect-file <file> [options]

Prints the code that the compiler makes of a file.

  --mode <mode>  ${INSPECT_MODES.join(", ")} (default: host)
  --root <dir>   the folder that ids are relative to (default: that of the nearest package.json)`;

async function run(args: string[], terminal: Terminal): Promise<void> {
  const { values, positionals } = readArguments(inspectFileCommand, args, {
    mode: { type: "string" },
    root: { type: "string" },
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new UsageError("USAGE_INVALID", `Name one file.\n\n${usage}`);
  }
  const mode = INSPECT_MODES.find((each) => each === (optionText(values, "mode") ?? "host"));
  if (!mode) {
    const modes = INSPECT_MODES.join(", ");
    const message = `Unknown mode "${optionText(values, "mode")}"; the modes are ${modes}.`;
    throw new UsageError("USAGE_INVALID", message);
  }
  const root = optionText(values, "root");
  const given = root === undefined ? {} : { root: path.resolve(terminal.cwd, root) };
  const target = path.resolve(terminal.cwd, file);
  terminal.out(inspectFile(target, { mode, ...given, cwd: terminal.cwd }));
}

export const inspectFileCommand: Command = {
  name: "inspect-file",
  summary: "print what the compiler makes of a file",
  usage,
  run,
};

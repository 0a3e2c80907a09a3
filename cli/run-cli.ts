/** Finds the command, runs it, and shows what went wrong as people can use it. Returns the exit code. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { EverstepError, UsageError } from "../lib/contract/error";
import type { Command, Terminal } from "./command";
import { buildCommand } from "./commands/build";
import { devCommand } from "./commands/dev";
import { inspectFileCommand } from "./commands/inspect-file";

const COMMANDS: readonly Command[] = [buildCommand, devCommand, inspectFileCommand];

export async function runCli(args: string[], terminal: Terminal): Promise<number> {
  try {
    await runCommand(args, terminal);
    return 0;
  } catch (error) {
    terminal.err(describeError(error, terminal));
    return 1;
  }
}

async function runCommand(args: string[], terminal: Terminal): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") return terminal.out(overview());
  if (name === "--version" || name === "-v") return terminal.out(packageVersion());
  const command = COMMANDS.find((each) => each.name === name);
  if (!command)
    throw new UsageError("USAGE_INVALID", `Unknown command "${name}".\n\n${overview()}`);
  if (rest.includes("--help") || rest.includes("-h")) return terminal.out(command.usage);
  await command.run(rest, terminal);
}

function describeError(error: unknown, { env }: Terminal): string {
  if (!(error instanceof Error)) return String(error);
  const wantsStack = env["DEBUG"] !== undefined && env["DEBUG"] !== "";
  if (wantsStack && error.stack !== undefined) return error.stack;
  return error instanceof EverstepError ? error.message : `${error.name}: ${error.message}`;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const commands = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    "Usage: everstep <command> [options]",
    "",
    ...commands,
    "",
    "  everstep <command> --help  the options of a command",
    "  everstep --version         the version of this package",
  ].join("\n");
}

/** The package.json is above this file both in the sources and in dist/. */
function packageVersion(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const text = readIfThere(path.join(folder, "package.json"));
    if (text !== undefined) return String((JSON.parse(text) as { version?: unknown }).version);
    if (folder === path.dirname(folder)) return "unknown";
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** What a command of the command line is, and what it may touch. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "../lib/contract/error";

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}

export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What `--help` behind the command shows. */
  usage: string;
  run(args: string[], terminal: Terminal): Promise<void>;
}

/** Options in the order of node:util; refuses unknown ones with the usage of the command. */
export function readArguments(
  command: Pick<Command, "usage">,
  args: string[],
  options: NonNullable<ParseArgsConfig["options"]>,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError("USAGE_INVALID", `${reason}\n\n${command.usage}`);
  }
}

/** The value of an option that takes one. */
export function optionText(values: Record<string, unknown>, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

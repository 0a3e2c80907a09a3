import { EverstepError } from "../lib/contract/error";

/** `step` and `client` are the two halves of `host`, for split builds; `workflow` is for the sandbox. */
export type Mode = "host" | "step" | "client" | "workflow";

export interface EverstepPluginOptions {
  mode?: Mode;
  /** The folder that ids are relative to; by default that of the nearest package.json above a file. */
  root?: string;
}

const MODES: readonly string[] = ["host", "step", "client", "workflow"];
const OPTIONS: readonly string[] = ["mode", "root"];

export function readOptions(options: unknown): { mode: Mode; root: string | undefined } {
  const given = (options ?? {}) as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!OPTIONS.includes(name)) {
      throw invalid(`Unknown option "${name}". The options are ${list(OPTIONS)}.`);
    }
  }
  const { mode = "host", root } = given;
  if (typeof mode !== "string" || !MODES.includes(mode)) {
    throw invalid(`Unknown mode ${JSON.stringify(mode)}. The modes are ${list(MODES)}.`);
  }
  if (root !== undefined && (typeof root !== "string" || root === "")) {
    throw invalid(`\`root\` must be the path of a folder, but is ${JSON.stringify(root)}.`);
  }
  return { mode: mode as Mode, root };
}

function invalid(message: string): EverstepError {
  return new EverstepError("PLUGIN_OPTION_INVALID", message);
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

import * as nodeModule from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { installRequireHooks } from "./require-hooks";
import { installSameThreadHooks } from "./same-thread-hooks";

/** One set of hooks for a thread, however many copies of the package are in it. */
const INSTALLED = Symbol.for("everstep.register");

export function installHooks(): void {
  const holder = globalThis as { [INSTALLED]?: boolean };
  if (holder[INSTALLED]) return;
  holder[INSTALLED] = true;
  process.setSourceMapsEnabled(true);
  installRequireHooks();
  if (installSameThreadHooks()) return;
  nodeModule.register(pathToFileURL(path.join(__dirname, "loader-thread-hooks.js")));
}

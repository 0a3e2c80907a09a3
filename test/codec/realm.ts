/** The codec as the sandbox has it: bundled, and evaluated in a realm of its own. */
import { createContext, type Context, Script } from "node:vm";
import path from "node:path";
import { buildSync } from "esbuild";
import { globalsServices } from "../../lib/engine/globals-services";
import type { GlobalsHost } from "../../lib/replay/realm/globals-host";
import type * as Entry from "./realm-entry";

let script: Script | undefined;

export function createRealm(): Omit<typeof Entry, "install"> {
  script ??= new Script(`(() => { ${bundle()} return realm; })()`, { filename: "realm" });
  const context = createContext(Object.create(null) as Context, {
    microtaskMode: "afterEvaluate",
  });
  const realm = script.runInContext(context) as typeof Entry;
  const host: GlobalsHost = {
    ...globalsServices,
    now: () => Date.UTC(2026, 0, 1),
    random: () => 0.5,
    environment: () => undefined,
    print: () => undefined,
  };
  realm.install(host);
  return realm;
}

/** As scripts/build.mjs bundles the realm's own script. */
function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [path.join(__dirname, "realm-entry.ts")],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "realm",
    platform: "neutral",
    target: "es2022",
    charset: "ascii",
    keepNames: true,
  });
  return outputFiles[0]!.text;
}

/** Bundles what runs inside realms, and programs for child processes that make realms. */
import { buildSync } from "esbuild";
import path from "node:path";
import { Script } from "node:vm";
import { Realm, type RealmOptions } from "./realm";

let code: string | undefined;
let script: Script | undefined;

/** The code whose value are the exports of entry.ts. */
export function realmCode(): string {
  code ??= bundle("entry.ts", { globalName: "realm", platform: "neutral", target: "es2022" });
  return `(() => { ${code} return realm; })()`;
}

export function newRealm(options?: RealmOptions): Realm {
  script ??= new Script(realmCode(), { filename: "everstep-prelude" });
  return new Realm(script, options);
}

export function bundle(entry: string, options: object): string {
  const { outputFiles } = buildSync({
    entryPoints: [path.join(__dirname, entry)],
    bundle: true,
    write: false,
    format: "iife",
    charset: "ascii",
    ...options,
  });
  return outputFiles[0]!.text;
}

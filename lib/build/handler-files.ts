/**
 * `flow.js`, `step.js` and `webhook.js`: our routes as handlers of the Fetch style, for servers that
 * take modules with a function for each method.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { nearestPackage, readPackageJson } from "./project";

export const HANDLER_ROUTES = ["flow", "step", "webhook"] as const;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Their names and what is in them, in the module format that counts in the folder. */
export function handlerFiles(folder: string): [name: string, code: string][] {
  const owner = nearestPackage(folder);
  const description = owner === undefined ? {} : readPackageJson(owner);
  const write = description["type"] === "module" ? esModule : commonJs;
  const packageName = ownName(folder, description);
  return HANDLER_ROUTES.map((route) => [`${route}.js`, NOTE + write(route, packageName)]);
}

const NOTE = "// Made by `everstep build --handlers`.\n";

function esModule(route: string, packageName: string): string {
  return `import { fileURLToPath } from "node:url";
import { createRouteHandler } from "${packageName}/middleware";

const bundle = fileURLToPath(new URL(".", import.meta.url));
const handle = createRouteHandler("${route}", { bundle });

export default handle;
export { ${METHODS.map((method) => `handle as ${method}`).join(", ")} };
`;
}

function commonJs(route: string, packageName: string): string {
  const named = METHODS.map((method) => `module.exports.${method} = handle;`).join("\n");
  return `"use strict";
const { createRouteHandler } = require("${packageName}/middleware");

const handle = createRouteHandler("${route}", { bundle: __dirname });

module.exports = handle;
module.exports.default = handle;
${named}
`;
}

/** The app may have installed this package under another name: `"workflow": "npm:everstep"`. */
function ownName(folder: string, { dependencies }: Record<string, unknown>): string {
  const named = Object.entries((dependencies ?? {}) as Record<string, unknown>);
  const alias = named.find(([, version]) => /^npm:everstep(?:@|$)/.test(String(version)));
  if (!alias || canLoad(folder, "everstep")) return "everstep";
  return alias[0];
}

function canLoad(folder: string, name: string): boolean {
  try {
    createRequire(path.join(folder, "flow.js")).resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

// Writes the app that bench/build.mjs builds: 20 workflows with their steps, the app's own helpers,
// code that only steps use, and pure JavaScript packages of the size that real ones have.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const WORKFLOWS = 20;

/** Returns the packages and folders that only step bodies import. */
export function generateApp(root) {
  const write = (name, text) => {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  write("package.json", `{ "name": "bench-app", "private": true }`);
  for (let n = 0; n < WORKFLOWS; n++) write(`src/workflows/flow${n}.ts`, workflowFile(n));
  for (let n = 0; n < 12; n++) write(`src/lib/helper${n}.ts`, helperFile(n));
  for (let n = 0; n < 30; n++) write(`src/db/table${n}.ts`, tableFile(n));
  writePackage(write, "schema", { modules: 60, functions: 14, isEsm: true });
  writePackage(write, "dates", { modules: 80, functions: 4, isEsm: true });
  writePackage(write, "tables", { modules: 24, functions: 12, isEsm: false });
  writePackage(write, "driver", { modules: 120, functions: 14, isEsm: false });
  return { packages: ["driver"], folders: ["src/db"] };
}

function workflowFile(n) {
  const steps = [0, 1, 2, 3].map((step) => stepOf(n, step)).join("\n");
  return `import { readFile } from "node:fs/promises";
import { connect } from "driver";
import { parse0, parse${(n % 13) + 1} } from "schema";
import { table${n % 24} } from "tables";
import { format${n % 80} } from "dates";
import { find${n % 30}, save${n % 30} } from "../db/table${n % 30}";
import { total${n % 12}, group${n % 12} } from "../lib/helper${n % 12}";

export interface Order${n} {
  id: string;
  items: { sku: string; amount: number; price?: number }[];
  due: Date | null;
}

const LIMIT: number = ${n + 1} * 100;
const RETRIES = { charge: 5, notify: 3 } as const;
${steps}
charge${n}0.maxRetries = RETRIES.charge;

export async function flow${n}(order: Order${n}): Promise<{ ok: boolean; total: number }> {
  "use workflow";
  const checked = parse0(order) ?? parse${(n % 13) + 1}(order);
  const total = total${n % 12}(order.items.map((item) => item.price ?? 1));
  if (total > LIMIT) return { ok: false, total };
  for (const [sku, items] of Object.entries(group${n % 12}(order.items))) {
    const reserved = await charge${n}0(sku, items.length);
    if (!reserved) throw new Error(\`nothing left of \${sku} \${table${n % 24}(checked)}\`);
  }
  try {
    await charge${n}1(order.id, total);
    await Promise.all([charge${n}2(order.id, 1), charge${n}3(format${n % 80}(order.due), 2)]);
  } catch (error) {
    return { ok: false, total };
  }
  return { ok: true, total };
}
`;

  function stepOf(flow, step) {
    return `
async function charge${flow}${step}(id: string, amount: number): Promise<string> {
  "use step";
  const client = await connect({ id, file: await readFile("config.json", "utf8") });
  const found = await find${flow % 30}(client, id);
  if (!found) await save${flow % 30}(client, { id, amount, at: new Date() });
  return \`\${id}:\${amount}\`;
}`;
  }
}

function helperFile(n) {
  const more = Array.from(
    { length: 12 },
    (_, i) => `
export function rule${n}x${i}(value: number, rest: readonly number[] = []): number {
  let result = value;
  for (const each of rest) result = each > ${i} ? result + each : result - each;
  return rest.filter((x) => x > ${i}).reduce((sum, x) => sum + x, result);
}`,
  ).join("\n");
  return `import { format${n} } from "dates";
export const total${n} = (prices: number[]): number => prices.reduce((sum, x) => sum + rule${n}x0(x), 0);
export function group${n}<T extends { sku: string }>(items: T[]): Record<string, T[]> {
  const groups: Record<string, T[]> = {};
  for (const item of items) (groups[item.sku] ??= []).push(item);
  return groups;
}
export const label${n} = (date: Date): string => format${n}(date);
${more}
`;
}

function tableFile(n) {
  return `import { query } from "driver";
import fs from "node:fs";
export interface Row${n} { id: string; amount: number; at: Date }
export async function find${n}(client: unknown, id: string): Promise<Row${n} | null> {
  return query(client, "select * from t${n} where id = $1", [id]);
}
export async function save${n}(client: unknown, row: Row${n}): Promise<void> {
  fs.appendFileSync("log", row.id);
  await query(client, "insert into t${n} values ($1, $2)", [row.id, row.amount]);
}
`;
}

function writePackage(write, name, { modules, functions, isEsm }) {
  const folder = `node_modules/${name}`;
  const type = isEsm ? `, "type": "module"` : "";
  const effects = isEsm ? `, "sideEffects": false` : "";
  write(`${folder}/package.json`, `{ "name": "${name}", "main": "index.js"${type}${effects} }`);
  const names = Array.from({ length: modules }, (_, n) => n);
  const lines = names.map((n) =>
    isEsm ? `export * from "./m${n}.js";` : `Object.assign(exports, require("./m${n}.js"));`,
  );
  write(`${folder}/index.js`, `${lines.join("\n")}\n`);
  for (const n of names) write(`${folder}/m${n}.js`, moduleFile(name, n, functions, isEsm));
}

const PREFIX = { schema: "parse", dates: "format", tables: "table", driver: "part" };

function moduleFile(name, n, functions, isEsm) {
  const before = n > 0 ? Math.floor((n - 1) / 2) : -1;
  const imported = before < 0 ? "" : `${name}Base${before}`;
  const bodies = Array.from({ length: functions }, (_, i) => functionOf(name, n, i)).join("\n");
  const main = `function ${PREFIX[name]}${n}(value) {
  const seen = new Map();
  ${imported ? `if (value === undefined) return ${imported}(${name}Id(${n}));` : ""}
  for (const key of Object.keys(Object(value))) seen.set(key, ${name}Check${n}x${functions - 1}(value[key], [key]));
  return seen.size > ${n} ? value : ${name}Base${n}(seen.size);
}
function ${name}Base${n}(x) { return x + ${n}; }
function ${name}Id(x) { return x; }`;
  const extra = name === "driver" && n === 0 ? ["connect", "query"] : [];
  const functionsOfDriver = extra.map((each) => `function ${each}(...a) { return a; }`).join("\n");
  const exported = [`${PREFIX[name]}${n}`, `${name}Base${n}`, ...extra];
  if (isEsm) {
    const from = imported ? `import { ${imported} } from "./m${before}.js";\n` : "";
    return `${from}${bodies}\n${main}\nexport { ${exported.join(", ")} };\n`;
  }
  const from = imported ? `const { ${imported} } = require("./m${before}.js");\n` : "";
  return `"use strict";\n${from}${bodies}\n${main}\n${functionsOfDriver}\nmodule.exports = { ${exported.join(", ")} };\n`;
}

function functionOf(name, n, i) {
  const next = i > 0 ? `${name}Check${n}x${i - 1}(value, path.concat("${i}"))` : "value";
  return `/**
 * Checks that the value follows rule ${i} of module ${n}, and answers with what it became.
 */
function ${name}Check${n}x${i}(value, path = []) {
  if (value === null || value === undefined) return { ok: false, issues: [{ code: "missing", path }] };
  const issues = [];
  if (typeof value === "string" && value.length < ${i}) {
    issues.push({ code: "too_small", minimum: ${i}, path, message: \`at least \${${i}} characters\` });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      const inner = typeof item === "number" ? { ok: item >= ${n} } : { ok: true };
      if (!inner.ok) issues.push({ code: "invalid", path: [...path, index] });
    });
  }
  while (issues.length > ${i + 10}) issues.pop();
  return issues.length === 0 ? { ok: true, value: ${next} } : { ok: false, issues };
}`;
}

// The codec beside what is nearest to it: JSON for plain data, devalue for values that JSON cannot
// hold. A value is written and read again; rounds of the two alternate, so that a slow moment of the
// machine falls on both alike. What is written is read to its end, as storing it would do: a text
// that was only put together from parts has not been paid for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as devalue from "devalue";
import { printRatio, printVersions } from "./report.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const { createHostCodec } = require(path.join(ROOT, "dist/lib/engine/host-codec.js"));

const SAMPLES = 5;
const ROUNDS = 25;
/** Of each round, of each of the two. */
const ROUND_MS = 2;
const BAR = 1.5;
let checksum = 0;

const codec = createHostCodec();
const OURS = {
  encode: (value) => codec.encode(value, "step arguments"),
  decode: (text) => codec.decode(text),
};
const JSON_ITSELF = {
  encode: (value) => JSON.stringify(value),
  decode: (text) => JSON.parse(text),
};
const DEVALUE = {
  encode: (value) => devalue.stringify(value),
  decode: (text) => devalue.parse(text),
};

const order = (n) => ({
  orderId: `ord_${n}`,
  amount: 4200 + n * 7,
  currency: "EUR",
  items: [
    { sku: "a", qty: 1, price: 10.5 },
    { sku: "b", qty: 2, price: 20 },
  ],
  customer: { name: "Ann", email: "ann@example.com", vip: true },
  note: null,
  paid: true,
});
const user = (n) => ({
  id: n,
  email: `user${n}@example.com`,
  plan: n % 3 ? "free" : "pro",
  active: n % 2 === 0,
  balance: n * 13.37,
  createdAt: "2026-03-01T10:00:00.000Z",
  note: n % 5 ? null : "called back, wants an invoice",
});
const rich = (n) => ({
  ...order(n),
  at: new Date(1e12 + n),
  tags: new Set(["a", "b"]),
  prices: new Map([
    ["a", { net: 1 }],
    ["b", { net: 2 }],
  ]),
  total: 10n,
  missing: undefined,
  pattern: /a+/gi,
});
const list = (length, make) => Array.from({ length }, (_, n) => make(n));
const shared = { shared: list(10, user) };

const PLAIN = {
  "an order": order(1),
  "400 orders": list(400, order),
  "400 flat rows": list(400, user),
  "2,000 texts": list(2000, (n) => `The quick brown fox number ${n} jumps over the lazy dog`),
};
const RICH = {
  "a rich order": rich(1),
  "200 rich orders": list(200, rich),
  "a shared list in a map": new Map(list(20, (n) => [n, shared])),
  "75 KB of bytes": { bytes: Uint8Array.from({ length: 75_000 }, (_, n) => n * 7) },
};

const manifest = readFileSync(path.join(ROOT, "node_modules/devalue/package.json"), "utf8");
printVersions({ devalue: JSON.parse(manifest).version });
compare("JSON", JSON_ITSELF, PLAIN);
compare("devalue", DEVALUE, RICH);

function compare(name, other, values) {
  console.log(`Write and read, everstep to ${name}`);
  for (const [what, value] of Object.entries(values)) {
    const count = countFor(() => both(other, value));
    const samples = list(SAMPLES, () => sample(other, value, count));
    const [ours, theirs] = [0, 1].map((which) => samples.map((pair) => pair[which]));
    const [us, them] = [ours, theirs].map((list) => median(list).toFixed(1));
    console.log(`  ${what}: ${us} us to ${them} us`);
    printRatio("  ratio", ours, theirs, BAR);
  }
}

/** Microseconds of either, the median of rounds in turn. */
function sample(other, value, count) {
  const times = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    times[0].push(time(count, () => both(OURS, value)));
    times[1].push(time(count, () => both(other, value)));
  }
  return times.map(median);
}

/** How often in a round; this also warms up. */
function countFor(action) {
  time(20, action);
  return Math.max(1, Math.round((ROUND_MS * 1000) / time(20, action)));
}

function both({ encode, decode }, value) {
  const text = encode(value);
  // Makes one piece of the text.
  checksum += text.charCodeAt(text.length - 1);
  if (decode(text) === checksum) throw new Error("This keeps the reading from being left out");
}

function time(count, action) {
  const began = performance.now();
  for (let n = 0; n < count; n++) action();
  return ((performance.now() - began) * 1000) / count;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** What there is in a realm, and what is gone: by a list, so that a new line of Node is noticed. */
import { constants, createContext, runInContext } from "node:vm";
import {
  ALLOWED_GLOBALS,
  ALLOWED_INTL,
  ALLOWED_TEMPORAL,
  ALLOWED_TEMPORAL_NOW,
  REMOVED_GLOBALS,
} from "../../../lib/replay/globals/allowed";
import { newRealm } from "./realm-script";

const BARE = createContext(constants.DONT_CONTEXTIFY);

/** What this line of Node has in a realm that nobody touched. */
function bare(code: string): unknown {
  return runInContext(code, BARE);
}

function namesIn(evaluate: (code: string) => unknown, object: string): string[] {
  const code = `JSON.stringify(Reflect.ownKeys(${object}).map((name) => String(name)).sort())`;
  return JSON.parse(evaluate(code) as string) as string[];
}

function realmNames(object: string): string[] {
  const realm = newRealm();
  return namesIn((code) => realm.run(code), object);
}

const texts = (names: readonly PropertyKey[]) => names.map((name) => String(name));

/** Language features that not every line has. */
const NOT_EVERYWHERE = [
  ...["AsyncDisposableStack", "DisposableStack", "Float16Array", "Iterator", "SuppressedError"],
  "Temporal",
];

/** The engine brings none of these; everything else on the list is of the language. */
const INSTALLED = [
  ...[
    "Blob",
    "DOMException",
    "File",
    "FormData",
    "Headers",
    "ReadableStream",
    "Request",
    "Response",
  ],
  ...["TextDecoder", "TextEncoder", "TransformStream", "URL", "URLSearchParams", "WritableStream"],
  ...["atob", "btoa", "clearImmediate", "clearInterval", "clearTimeout", "crypto", "fetch"],
  ...["performance", "process", "queueMicrotask", "setImmediate", "setInterval", "setTimeout"],
  "structuredClone",
];

test("R5: every global that this line of Node has is on one of the lists", () => {
  const known = new Set([...texts(ALLOWED_GLOBALS), ...REMOVED_GLOBALS]);
  expect(namesIn(bare, "globalThis").filter((name) => !known.has(name))).toEqual([]);
});

test("R5: after the install there are the allowed ones, and no others", () => {
  const allowed = texts(ALLOWED_GLOBALS);
  const found = realmNames("globalThis");
  expect(found.filter((name) => !allowed.includes(name))).toEqual([]);
  const brought = namesIn(bare, "globalThis").filter((name) => !REMOVED_GLOBALS.includes(name));
  expect(found).toEqual([...new Set([...brought, ...INSTALLED])].sort());
});

test("R5: what a line lacks are features of the language", () => {
  const found = realmNames("globalThis");
  const missing = texts(ALLOWED_GLOBALS).filter((name) => !found.includes(name));
  const [prelude] = missing.filter((name) => name.startsWith("Symbol("));
  expect(prelude).toBeDefined();
  const others = missing.filter((name) => name !== prelude);
  expect(others.filter((name) => !NOT_EVERYWHERE.includes(name))).toEqual([]);
});

test.each([...REMOVED_GLOBALS])("R5: %s is gone", (name) => {
  const realm = newRealm();
  expect(realm.text(`typeof ${name}`)).toBe("undefined");
  expect(realm.text(`"${name}" in globalThis`)).toBe("false");
});

test("R5: nothing leads to what is gone", () => {
  const realm = newRealm();
  const gone = REMOVED_GLOBALS.filter((name) => bare(`typeof ${name}`) !== "undefined");
  const found = JSON.parse(
    realm.text(`(() => {
      const gone = new Set(${JSON.stringify(gone)});
      const seen = new Set(), found = [], todo = [[globalThis, "globalThis"]];
      const add = (value, path) => {
        if (Object(value) !== value || seen.has(value)) return;
        seen.add(value);
        todo.push([value, path]);
      };
      while (todo.length > 0) {
        const [object, path] = todo.pop();
        if (typeof object === "function" && gone.has(object.name)) found.push(path);
        if (gone.has(object[Symbol.toStringTag])) found.push(path);
        add(Object.getPrototypeOf(object), path + ".__proto__");
        for (const key of Reflect.ownKeys(object)) {
          const property = Object.getOwnPropertyDescriptor(object, key);
          for (const kind of ["value", "get", "set"]) add(property[kind], path + "." + String(key));
        }
      }
      return found;
    })()`),
  ) as string[];
  expect(found).toEqual([]);
  for (const code of ["Uint8Array", "DataView"].map((name) => `new ${name}(new ArrayBuffer(8))`)) {
    expect(realm.text(`${code}.buffer.constructor === ArrayBuffer`)).toBe("true");
  }
});

test("R5: Intl has the members on its list, and this line has no others", () => {
  const allowed = texts(ALLOWED_INTL);
  const brought = namesIn(bare, "Intl");
  expect(brought.filter((name) => !["v8BreakIterator", ...allowed].includes(name))).toEqual([]);
  expect(realmNames("Intl")).toEqual(brought.filter((name) => allowed.includes(name)));
  expect(newRealm().text("typeof Intl.v8BreakIterator")).toBe("undefined");
});

test("R5: Temporal has the members on its lists, where the engine has it", () => {
  const lists = { Temporal: ALLOWED_TEMPORAL, "Temporal.Now": ALLOWED_TEMPORAL_NOW };
  const hasTemporal = bare("typeof Temporal") === "object";
  expect(newRealm().text("typeof Temporal")).toBe(hasTemporal ? "object" : "undefined");
  for (const [name, list] of hasTemporal ? Object.entries(lists) : []) {
    expect(namesIn(bare, name)).toEqual(texts(list).sort());
    expect(realmNames(name)).toEqual(texts(list).sort());
  }
});

test("SG-11: every constructor has its own name, and lengths are those of the engine", () => {
  const realm = newRealm();
  const odd = JSON.parse(
    realm.text(`Reflect.ownKeys(globalThis).filter((key) => typeof key === "string" &&
      typeof globalThis[key] === "function" && globalThis[key].name !== key)`),
  ) as string[];
  expect(odd).toEqual([]);
  const lengths = `JSON.stringify(["Date", "Function", "eval", "Error"].map((key) =>
    [key, globalThis[key].length, globalThis[key].prototype?.constructor === globalThis[key]]))`;
  expect(realm.run(lengths)).toBe(bare(lengths));
});

/** Names of functions that are replaced must not show, nor what they are made of. */
test.each(["Date", "Date.prototype", "Intl", "Math", "Intl.DateTimeFormat", "String.prototype"])(
  "SG-11: the members of %s look as they do in the engine",
  (name) => {
    const code = `JSON.stringify(Reflect.ownKeys(${name}).map((key) => {
      const { value, get, ...rest } = Object.getOwnPropertyDescriptor(${name}, key);
      const fn = typeof value === "function" ? value : get;
      return [String(key), fn && fn.name, fn && fn.length, rest.enumerable, rest.configurable];
    }).filter(([key]) => key !== "v8BreakIterator").sort())`;
    const realm = newRealm();
    expect(JSON.parse(realm.run(code) as string)).toEqual(JSON.parse(bare(code) as string));
  },
);

test("SG-11: what is installed is not enumerable, and can be replaced", () => {
  const realm = newRealm();
  expect(realm.text("Object.keys(globalThis)")).toBe("[]");
  for (const name of INSTALLED) {
    expect(realm.text(`(globalThis.${name} = 5, ${name})`)).toBe("5");
    expect(realm.text(`delete globalThis.${name} && typeof ${name}`)).toBe("undefined");
  }
});

test("SG-11: the symbols of `using` are there on every line", () => {
  expect(newRealm().text("[Symbol.dispose.description, Symbol.asyncDispose.description]")).toBe(
    '["Symbol.dispose","Symbol.asyncDispose"]',
  );
});

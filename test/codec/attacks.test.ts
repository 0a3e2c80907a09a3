/**
 * Stored text may come from anywhere. Reading it makes a value or throws a SerializationError; it
 * never changes a prototype, calls a setter, or takes memory that the text does not pay for.
 * EVERSTEP_SEED repeats a run; EVERSTEP_DEEP makes it long.
 */
import { SerializationError } from "../../lib/contract/error";
import { MAX_DEPTH, MAX_TEXT } from "../../lib/codec/limits";
import { codec } from "./host";
import { isError } from "../../lib/codec/rows/errors";
import { randomValue } from "./random-values";
import { seededNumbers } from "../seeded-numbers";
import { createRealm } from "./realm";
import { VALUES } from "./values";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);
const MUTATIONS = process.env.EVERSTEP_DEEP === "1" ? 500_000 : 12_000;
const realm = createRealm();
const prototypes = [Object, Array, Map, Set, Error, Function, Date, String].map(
  (each) => each.prototype as object,
);
const descriptors = () =>
  prototypes.map((each) =>
    Reflect.ownKeys(each).map((key) => Object.getOwnPropertyDescriptor(each, key)),
  );
const before = descriptors();

function refusal(text: unknown): SerializationError {
  let value: unknown;
  try {
    value = codec.decode(text as string);
  } catch (error) {
    if (SerializationError.is(error)) return error;
    throw error;
  }
  throw new Error(`It was read: ${String(value)}`);
}

/** `read`, or the code of the refusal; anything else is thrown on. */
function outcome(text: string): string {
  try {
    codec.decode(text);
    return "read";
  } catch (error) {
    if (SerializationError.is(error)) return error.code;
    throw error;
  }
}

/** The same inside the sandbox. */
const outcomeInside = (text: string) => realm.outcome(text);

afterEach(() => {
  expect(descriptors()).toEqual(before);
  for (const value of [{}, [], "", () => 1]) {
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
  }
});

const EVIL = '{"polluted":1}';
const POLLUTIONS = [
  `1j{"__proto__":${EVIL}}`,
  `1r{"__proto__":${EVIL},"a":"~undefined"}`,
  `1r{"__proto__":{"__proto__":["~Map","polluted",1]}}`,
  `1r[{"__proto__":"~#0"},"~nan"]`,
  `1r{"constructor":{"prototype":${EVIL}},"prototype":${EVIL}}`,
  `1r["~Null","__proto__",${EVIL},"constructor",${EVIL}]`,
  `1r["~Null","__proto__","~#0"]`,
  `1r["~Map","__proto__",${EVIL},{"__proto__":${EVIL}},1]`,
  `1r["~Set","__proto__",{"__proto__":${EVIL}}]`,
  `1r["~Error","Error","+__proto__",${EVIL}]`,
  `1r["~Error","Error","+constructor",${EVIL},"+prototype",${EVIL},"+toString",1]`,
  `1r["~Error","__proto__","-message","a"]`,
  `1r["~FatalError","Error","+__proto__",${EVIL},"+constructor","~#0"]`,
  `1r["~RetryableError","Error","+__proto__",["~Error","Error"]]`,
  `1r["~DOMException","a","b","+__proto__",${EVIL}]`,
  `1r["~Sparse",3,1,{"__proto__":${EVIL}}]`,
];

test.each(POLLUTIONS)("SR-21: %s changes no prototype", (text) => {
  expect(outcome(text)).toBe("read");
  expect(outcomeInside(text)).toBe("read");
  expect(realm.run("return [({}).polluted, [].polluted, Error.prototype.polluted].join()")).toBe(
    ",,",
  );
  const value = codec.decode(text);
  const isCommon = prototypes.includes(Object.getPrototypeOf(value) as object);
  expect(isCommon || Object.getPrototypeOf(value) === null || isError(value as object)).toBe(true);
});

test("SR-21: `__proto__` is a key like any other, and comes back", () => {
  const value = codec.decode(`1r{"__proto__":["~Date",5],"constructor":"~0x1"}`) as object;
  expect(Object.entries(value)).toEqual([
    ["__proto__", new Date(5)],
    ["constructor", 1n],
  ]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test.each([
  ["9z{}", 'Unknown serialization format: "9z". Known formats: 1j, 1r.'],
  ["{}", 'Unknown serialization format: "{}". Known formats: 1j, 1r.'],
  ["1x1", 'Unknown serialization format: "1x". Known formats: 1j, 1r.'],
  ["\ud83d\ude001", 'Unknown serialization format: "\ud83d\ude00". Known formats: 1j, 1r.'],
  ["", "Data too short to contain format prefix."],
  ["1", "Data too short to contain format prefix."],
  ["1j", "A stored value cannot be read: what follows its format is not JSON."],
  ["1r", "A stored value cannot be read: what follows its format is not JSON."],
  ["1j{", "A stored value cannot be read: what follows its format is not JSON."],
  ['1r"a"\n"b" c', null],
])("SR-20: the text %j is refused in these words", (text, message) => {
  if (message === null) return expect(codec.decode(text)).toBe("a");
  const { code, message: found } = refusal(text);
  expect([code, found.split("\n")[0]]).toEqual(["VALUE_UNREADABLE", message]);
  expect(outcomeInside(text)).toBe("VALUE_UNREADABLE");
});

test.each([[undefined], [null], [1], [{}], [Buffer.from("1j1")], [["1j1"]]])(
  "what is no text is refused: %p",
  (value) => expect(refusal(value).message).toMatch("A stored value cannot be read: it is no text"),
);

test("a type that this version does not know is named, with those that it knows", () => {
  const { message, code } = refusal('1r[["~Temperature",1]]');
  expect(code).toBe("VALUE_UNREADABLE");
  expect(message).toMatch(
    /^A stored value cannot be read: it holds the unknown type "Temperature"; known types: Null, Sp/,
  );
  expect(message).toContain("Read it with the version of everstep that wrote it, or a later one.");
  for (const name of ["Constructor", "ToString", "A".repeat(1000), "Null\u0000", "MAP"]) {
    expect(refusal(`1r["~${JSON.stringify(name).slice(1, -1)}"]`).message).toContain(
      "unknown type",
    );
  }
});

const MENTIONS = ["~#1", "~#00", "~#-1", "~#", "~#1e1", "~#9999999999", "~@0", "~@", "~#0 "];
const MARKS = ["~", "~x", "~0x", "~0xg", "~0X1", "~--0x1", "~undefined ", "~-1"];

test.each([...MENTIONS, ...MARKS])("the mark %j stands for nothing, and is refused", (mark) => {
  expect(refusal(`1r${JSON.stringify([mark])}`).message).toContain("stands for nothing");
});

test("a mention of what is not made yet is refused", () => {
  const texts = ['["~Date","~#0"]', '[["~Instance","x",{"a":"~#1"}]]', '["~Class",["~URL","~#1"]]'];
  for (const text of texts) expect(outcome(`1r${text}`)).toBe("VALUE_UNREADABLE");
});

const WRONG_PARTS = [
  ...['["~Date"]', '["~Date","1"]', '["~Date",{}]', '["~Date",null]', '["~RegExp","("]'],
  ...['["~RegExp"]', '["~RegExp","a","zz"]', '["~RegExp","(","g"]', '["~RegExp",1,2]'],
  ...['["~Map",1]', '["~Map",1,2,3]', '["~Null","a"]', '["~Null",1,2]', '["~Null",{},2]'],
  ...[
    '["~Sparse"]',
    '["~Sparse",-1]',
    '["~Sparse",4294967296]',
    '["~Sparse",1.5]',
    '["~Sparse","3"]',
  ],
  ...['["~Sparse",{}]', '["~Sparse",3,3,1]', '["~Sparse",3,-1,1]', '["~Sparse",3,"0",1]'],
  ...['["~Sparse",3,"length",1]', '["~Sparse",["~Date",3]]', '["~Sparse","~#0"]'],
  ...[
    '["~ArrayBuffer"]',
    '["~ArrayBuffer","A"]',
    '["~ArrayBuffer","A==="]',
    '["~ArrayBuffer","===="]',
  ],
  ...[
    '["~Uint8Array","AA=A"]',
    '["~Uint8Array","AA\u00e9="]',
    '["~Uint8Array","A A="]',
    '["~Uint8Array",[]]',
  ],
  ...['["~Uint8Array","AA==AAAA"]', '["~Uint8Array","AAAAA"]', '["~Uint8Array","=="]'],
  ...['["~Float64Array","AAAA"]', '["~BigInt64Array","AA=="]', '["~DataView",null]'],
  ...[
    '["~URL"]',
    '["~URL","nowhere"]',
    '["~URL",{}]',
    '["~URLSearchParams",1]',
    '["~Headers","a"]',
  ],
  ...['["~Headers","a b","c"]', '["~Headers","a","b\\nc"]', '["~Headers",1,2]'],
  ...['["~Error"]', '["~Error",1]', '["~Error",["~Error","Error"]]', '["~Error","Error","a",1]'],
  ...['["~Error","Error","-toString",1]', '["~Error","Error","+a"]', '["~Error","Error",1,1]'],
  ...[
    '["~DOMException"]',
    '["~DOMException","a"]',
    '["~DOMException",1,2]',
    '["~Class"]',
    '["~Class",1]',
  ],
  ...[
    '["~Instance"]',
    '["~Instance",{}]',
    '["~Step"]',
    '["~Step",1]',
    '["~Step","a",1]',
    '["~Step","a",[]]',
  ],
];

test.each(WRONG_PARTS)("parts that make no value are refused: %s", (parts) => {
  for (const text of [`1r${parts}`, `1r[{"a":${parts}}]`]) {
    expect(outcome(text)).toBe("VALUE_UNREADABLE");
    expect(outcomeInside(text)).toBe("VALUE_UNREADABLE");
  }
});

test("a class that is gone is named (SR-17)", () => {
  for (const row of ['["~Class","class//gone"]', '["~Instance","class//gone",1]']) {
    const { code, message } = refusal(`1r${row}`);
    expect(code).toBe("CLASS_NOT_FOUND");
    expect(message).toMatch('Class "class//gone" not found');
    expect(outcomeInside(`1r${row}`)).toBe("CLASS_NOT_FOUND");
  }
});

const OPENINGS = [
  "[",
  '{"a":',
  '["~Map",',
  '["~Set",',
  '["~Error","Error","-cause",',
  '["~Sparse",2,0,',
];

test.each(OPENINGS)("100,000 levels of %s are read or refused", (opening) => {
  const closing = opening.startsWith("{") ? "}" : "]";
  const text = `1r${opening.repeat(100_000)}1${closing.repeat(100_000)}`;
  expect(outcome(text)).toBe("VALUE_TOO_DEEP");
  expect(outcome(text.replace("1r", "1j"))).toMatch(/read|VALUE_TOO_DEEP/);
  const most = `1r${opening.repeat(MAX_DEPTH + 1)}1${closing.repeat(MAX_DEPTH + 1)}`;
  expect([outcome(most), outcomeInside(most)]).toEqual(["VALUE_TOO_DEEP", "VALUE_TOO_DEEP"]);
});

test("huge texts are read or refused in little more memory than their own", () => {
  expect(outcome("1r" + "\n".repeat(MAX_TEXT - 2))).toBe("VALUE_UNREADABLE");
  expect(outcome("1j" + "[".repeat(MAX_TEXT - 2))).toMatch(/VALUE_/);
  const long = refusal("1r" + " ".repeat(MAX_TEXT - 1));
  expect([long.code, long.message.split("\n")[0]]).toEqual([
    "VALUE_TOO_LARGE",
    "A stored value has 16777217 characters, more than 16,777,216.",
  ]);
  expect(outcome('1r["~Sparse",4294967295,4294967294,1]')).toBe("read");
  expect(outcome(`1r"~0x${"f".repeat(2_000_000)}"`)).toBe("VALUE_UNREADABLE");
});

const HEADS = [
  '["~Map",',
  '["~',
  '"~',
  "~#0",
  "~~",
  "~@0",
  '{"__proto__":',
  "]",
  "}",
  ",",
  '"',
  "-0",
];

/** One to three changes: characters replaced, removed, doubled, or moved in from another text. */
function mutated(text: string, other: string, next: (below: number) => number): string {
  let result = text;
  for (let changes = 1 + next(3); changes > 0; changes--) {
    const [at, length] = [2 + next(result.length), next(6)];
    const from = next(other.length);
    const inserts = [
      String.fromCharCode(32 + next(95)),
      HEADS[next(HEADS.length)]!,
      other.slice(from, from + next(40)),
      result.slice(at, at + length).repeat(2),
      "",
    ];
    result = result.slice(0, at) + inserts[next(inserts.length)]! + result.slice(at + length);
  }
  return result;
}

test(`${MUTATIONS} mutated texts are read or refused, seed ${SEED}`, () => {
  const random = Array.from({ length: 100 }, (_, n) => randomValue(SEED + n));
  const values = [...Object.values(VALUES).map((make) => make()), ...random];
  const texts = values.map((value) => codec.encode(value, "step arguments"));
  const short = texts.filter((text) => text.length < 5_000);
  const next = seededNumbers(SEED);
  const seen: Record<string, number> = {};
  for (let n = 0; n < MUTATIONS; n++) {
    const text = mutated(short[next(short.length)]!, short[next(short.length)]!, next);
    let result = "";
    try {
      result = outcome(text);
    } catch (error) {
      throw new Error(`seed ${SEED}, text ${JSON.stringify(text)}`, { cause: error });
    }
    // Inside, every id is a step. All else that one side refuses the other refuses too.
    if (n % 3 === 0 && !text.includes("~Step"))
      expect([text, outcomeInside(text)]).toEqual([text, result]);
    seen[result] = (seen[result] ?? 0) + 1;
  }
  expect(Object.keys(seen).sort()).toEqual(
    expect.arrayContaining(["CLASS_NOT_FOUND", "VALUE_UNREADABLE", "read"]),
  );
}, 600_000);

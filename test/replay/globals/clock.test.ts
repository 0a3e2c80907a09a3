/** The clock is the time of the last event, the zone is UTC and the language en-US (R5). */
import { dateTexts } from "./date-texts";
import { textsOfNode } from "./compare";
import { START } from "./realm";
import { newRealm } from "./realm-script";
import { textsUnder } from "./child-process";

/** All the ways to ask what time it is, as milliseconds. */
const READINGS = [
  ...["Date.now()", "new Date().getTime()", "+new Date", "Date.parse(new Date().toISOString())"],
  ...["new (class Mine extends Date {})().getTime()", "Reflect.construct(Date, []).getTime()"],
  ...["new File([], 'f').lastModified", "performance.timeOrigin + performance.now()"],
  "new Date(new Date()).getTime()",
];

test.each(READINGS)("SG-08: %s is the time of the last event", (code) => {
  const realm = newRealm();
  expect(realm.text(code)).toBe(`${START}`);
  expect(realm.text(code)).toBe(`${START}`);
  realm.time += 1234;
  const isFile = code.includes("File");
  expect(newRealm({ time: 5 }).text(code)).toBe("5");
  expect(realm.text(code)).toBe(`${START + 1234}`);
  if (!isFile) expect(realm.text(`${code} === Date.now()`)).toBe("true");
});

test("SG-08: what shows the present without being asked for a date", () => {
  const realm = newRealm();
  expect(realm.text("Date()")).toBe(
    "Thu Feb 29 2024 12:34:56 GMT+0000 (Coordinated Universal Time)",
  );
  expect(realm.text("typeof Date(2020, 1)")).toBe("string");
  const parts = "new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })";
  const shown = realm.text(`${parts}.format()`);
  expect(shown).toMatch(/^2\/29\/24, 12:34:56\sPM$/);
  expect(realm.text(`${parts}.format(undefined)`)).toBe(shown);
  const inParts = `JSON.stringify(${parts}.formatToParts())`;
  expect(realm.text(inParts)).toBe(realm.text(inParts.replace("()", "(Date.now())")));
  expect(realm.text(`[undefined].map(${parts}.format)[0]`)).toBe(shown);
  expect(realm.text(`(() => { const f = ${parts}; return f.format === f.format })()`)).toBe("true");
  realm.time += 1000;
  expect(realm.text(`${parts}.format()`)).toMatch(/12:34:57/);
});

test("SG-09: the clock does not move by itself, however long the code takes", () => {
  const realm = newRealm();
  const code = `(async () => { const start = Date.now(), first = performance.now();
    for (let i = 0; i < 2e6; i++); await null; await Promise.resolve();
    return [Date.now() - start, performance.now() - first]; })()`;
  expect(realm.text(code)).toBe("[0,0]");
});

test("SG-08: performance starts with the first look at it", () => {
  const realm = newRealm();
  expect(realm.text("performance.now()")).toBe("0");
  realm.time += 2500;
  expect(realm.text("[performance.now(), performance.timeOrigin]")).toBe(`[2500,${START}]`);
  expect(realm.text("Object.getOwnPropertyNames(Object.getPrototypeOf(performance)).sort()")).toBe(
    '["constructor","now","timeOrigin","toJSON"]',
  );
});

test("SG-08: the timers of the console are on the clock of the run", () => {
  const realm = newRealm();
  realm.run("console.time(); console.time('a'); console.time('a'); console.timeLog('a', 1, {})");
  const steps = [999, 1, 59_000, 3_600_000];
  for (const step of steps) {
    realm.time += step;
    realm.run("console.timeLog('a')");
  }
  realm.run("console.timeEnd('a'); console.timeEnd('a'); console.timeEnd(); console.timeLog('x')");
  expect(realm.printed).toEqual([
    ...["log: a: 0ms 1 {}", "log: a: 999ms", "log: a: 1.000s", "log: a: 1:00.000 (m:ss.mmm)"],
    ...["log: a: 1:01:00 (h:mm:ss)", "log: a: 1:01:00 (h:mm:ss)"],
    ...["log: No such label 'a' for console.time()", "log: default: 1:01:00 (h:mm:ss)"],
    "log: No such label 'x' for console.time()",
  ]);
});

/** Say the same on every machine, whatever its zone and its language. */
const DATE_SNIPPETS = [
  ...[
    "new Date()",
    "new Date(0)",
    "new Date(2024, 6, 1, 2, 30)",
    "new Date(2024, 2, 10, 2, 30)",
    "new Date(99, 0)",
  ],
  ...[
    "new Date('2024-07-01T02:30')",
    "new Date('July 1, 2024')",
    "new Date('1 Jan 1900 5:00 PM')",
    "new Date(NaN)",
  ],
  ...[
    "new Date(-1e14)",
    "new Date(8.64e15)",
    "new Date(2024)",
    "new Date('2024')",
    "new Date(2024, 1, 29, 23, 59, 59, 999)",
  ],
].flatMap((date) => [
  `[${date}.getTime(), ${date}.getTimezoneOffset()]`,
  `["getDate", "getDay", "getFullYear", "getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds", "getYear"].map((name) => ${date}[name]())`,
  `["toString", "toDateString", "toTimeString", "toUTCString", "toJSON", "toLocaleString", "toLocaleDateString", "toLocaleTimeString"].map((name) => ${date}[name]())`,
  `[${date} + "", \`\${${date}}\`, ${date}[Symbol.toPrimitive]("string"), ${date}[Symbol.toPrimitive]("number")]`,
  `[["setHours", 5], ["setHours", 25, 61], ["setMonth", 13, 5], ["setDate", 0], ["setMinutes", -1], ["setSeconds", 99, 5],
    ["setMilliseconds", 1e9], ["setFullYear", 2023], ["setFullYear", 2023, 1, 29], ["setYear", 99], ["setHours"], ["setMonth", NaN]]
    .map(([name, ...args]) => { const d = ${date}; return [d[name](...args), d.getTime()]; })`,
]);

const LOCALE_SNIPPETS = [
  ...[
    "(1234567.891).toLocaleString()",
    "(12n ** 20n).toLocaleString()",
    "[1.5, 2000].toLocaleString()",
    "new Float64Array([1234.5]).toLocaleString()",
  ],
  ...[
    "'ä'.localeCompare('z')",
    "['z', 'ä', 'a', 'Z'].sort((a, b) => a.localeCompare(b))",
    "'I'.toLocaleLowerCase()",
    "'i'.toLocaleUpperCase()",
  ],
  ...[
    "Collator",
    "DateTimeFormat",
    "NumberFormat",
    "PluralRules",
    "RelativeTimeFormat",
    "ListFormat",
    "Segmenter",
  ].flatMap((name) =>
    ["", "undefined", "[]", "'xx'", "['xx', 'yy']", "'de'", "['xx', 'de']"].map(
      (args) => `new Intl.${name}(${args}).resolvedOptions()`,
    ),
  ),
  ...[
    "Intl.NumberFormat().format(1234.5)",
    "Intl.DateTimeFormat().resolvedOptions().timeZone",
    "Intl.Collator().resolvedOptions().locale",
  ],
  ...[
    "new Intl.DateTimeFormat('de', { timeZone: 'Asia/Tokyo', dateStyle: 'full', timeStyle: 'full' }).format(0)",
    "new Date(0).toLocaleString('de', { timeZone: 'America/New_York' })",
  ],
  ...[
    "new Intl.DateTimeFormat('en', { timeZone: undefined, hour: 'numeric' }).format(0)",
    "new Date(0).toLocaleTimeString([], { hour12: false })",
    "new Date(0).toLocaleDateString(undefined, Object.create({ weekday: 'long' }))",
  ],
  ...[
    "new Intl.DateTimeFormat().formatRange(0, 864e5)",
    "new Intl.DisplayNames(undefined, { type: 'region' }).of('DE')",
    "new Intl.DisplayNames('xx', { type: 'language' }).resolvedOptions()",
  ],
  ...[
    "typeof Temporal === 'undefined' ? 0 : String(Temporal.Now.zonedDateTimeISO())",
    "typeof Temporal === 'undefined' ? 0 : [Temporal.Now.timeZoneId(), Temporal.Now.instant().toLocaleString(), Temporal.Now.plainDateISO().toLocaleString()]",
  ],
  ...[
    "typeof Temporal === 'undefined' ? 0 : [Temporal.Now.plainTimeISO().toLocaleString(), Temporal.Now.plainDateTimeISO('Asia/Tokyo').toLocaleString('de'), Temporal.Duration.from({ hours: 5 }).toLocaleString()]",
  ],
  ...[
    "new Date(0).toLocaleString(null)",
    "new Date(0).toLocaleString(undefined, null)",
    "(1).toLocaleString('nonsense-')",
    "new Date(0).toLocaleString(5)",
    "(5).toLocaleString([undefined])",
  ],
];

const MACHINES: Record<string, string>[] = [
  { TZ: "America/St_Johns", LANG: "de_DE.UTF-8" },
  { TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8", LANG: "ja_JP.UTF-8" },
  { TZ: "Pacific/Apia", LC_TIME: "fr_FR.UTF-8", LC_ALL: "C", LANGUAGE: "ar" },
];

test("R5: dates and locales say the same on every machine, byte for byte", () => {
  const snippets = [...DATE_SNIPPETS, ...LOCALE_SNIPPETS];
  const plain = textsUnder({ TZ: "UTC", LANG: "en_US.UTF-8" }, snippets);
  for (const machine of MACHINES) expect(textsUnder(machine, snippets)).toEqual(plain);
});

test("SG-08: dates say what they say in Node under UTC", () => {
  const snippets = DATE_SNIPPETS.filter((snippet) => !snippet.includes("[new Date().")).filter(
    (snippet) => !snippet.includes("new Date()"),
  );
  expect(textsUnder(MACHINES[0]!, snippets)).toEqual(textsOfNode(snippets));
});

test("R5: locales say what they say in Node with en-US", () => {
  const snippets = LOCALE_SNIPPETS.filter((snippet) => !/Temporal|PluralRules/.test(snippet));
  const node = textsOfNode(snippets).map((text) => text.replace(/^(thrown \w+).*/, "$1"));
  const realm = textsUnder(MACHINES[0]!, snippets).map((text) =>
    text.replace(/^(thrown \w+).*/, "$1"),
  );
  expect(realm).toEqual(node);
});

test("SG-08: texts are read as Node reads them under UTC, whatever the zone of the machine", () => {
  const texts = dateTexts();
  expect(texts.length).toBeGreaterThan(5000);
  const code = `${JSON.stringify(texts)}.map((text) => Date.parse(text))`;
  const expected = JSON.parse(textsOfNode([code])[0]!) as (number | null)[];
  for (const machine of MACHINES) {
    const read = JSON.parse(textsUnder(machine, [code])[0]!) as (number | null)[];
    const wrong = texts.filter((_, at) => read[at] !== expected[at]);
    expect(wrong).toEqual([]);
  }
});

test("SG-08: Date is made as in the standard", () => {
  const realm = newRealm();
  const answers: Record<string, string> = {
    "new Date(2020, 0, undefined).getTime()": "null",
    "new Date(undefined).getTime()": "null",
    "new Date(null).getTime()": "0",
    "new Date(true).getTime()": "1",
    "new Date('5').getTime() === Date.parse('5')": "true",
    "new Date({ valueOf: () => 7 }).getTime()": "7",
    "new Date({ toString: () => '1970-01-01T00:00:00.008Z', valueOf: () => ({}) }).getTime()": "8",
    "new Date({ [Symbol.toPrimitive]: (hint) => hint }).getTime()": "null",
    "new Date({ [Symbol.toPrimitive]: () => ({}) })":
      "thrown TypeError: Cannot convert object to primitive value",
    "new Date(new (class extends Date { getTime() { return 1 } })(9)).getTime()": "9",
    "new Date(9.9).getTime()": "9",
    "new Date(8.64e15 + 1).getTime()": "null",
    "Date.UTC(2020)": `${Date.UTC(2020)}`,
    "Date.prototype.constructor === Date": "true",
    "Object.getPrototypeOf(new Date(0)) === Date.prototype": "true",
    "new (class A extends Date { year() { return this.getFullYear() } })(2001, 1).year()": "2001",
    "Object.prototype.toString.call(new Date())": "[object Date]",
    "Date.prototype.getDate.call({})": "thrown TypeError: this is not a Date object.",
    "new Date(1n)": "thrown TypeError: Cannot convert a BigInt value to a number",
  };
  for (const [code, answer] of Object.entries(answers))
    expect([code, realm.text(code)]).toEqual([code, answer]);
  expect(realm.text("new Date(Symbol())")).toMatch(/^thrown TypeError/);
});

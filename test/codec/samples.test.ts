/**
 * Stored texts that were recorded by the first version with their format. They are read for ever:
 * a log may be older than the program that continues it. Today's writer makes the same texts.
 *
 * EVERSTEP_RECORD=1 records those that are missing; a recorded file is never changed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { difference } from "./difference";
import { codec } from "./host";
import { createRealm } from "./realm";
import { VALUES } from "./values";

interface Sample {
  description: string;
  text: string;
}

const FOLDER = path.join(__dirname, "samples");
/** The format that is written today: the first character of its texts. */
const CURRENT = "1";
const realm = createRealm();

if (process.env.EVERSTEP_RECORD === "1") recordMissing();

function recordMissing(): void {
  mkdirSync(path.join(FOLDER, CURRENT), { recursive: true });
  for (const [name, make] of Object.entries(VALUES)) {
    const file = fileOf(CURRENT, name);
    if (existsSync(file)) continue;
    const text = codec.encode(make(), "step arguments");
    const sample: Sample = { description: name.replaceAll("-", " "), text };
    writeFileSync(file, JSON.stringify(sample, null, 2) + "\n");
  }
}

function fileOf(format: string, name: string): string {
  return path.join(FOLDER, format, `${name}.json`);
}

function read(format: string, name: string): Sample {
  return JSON.parse(readFileSync(fileOf(format, name), "utf8")) as Sample;
}

const recorded = readdirSync(FOLDER).flatMap((format) =>
  readdirSync(path.join(FOLDER, format)).map((file) => [format, path.basename(file, ".json")]),
) as [string, string][];

test.each(recorded)("SR-20: the sample %s/%s is read on both sides", (format, name) => {
  const { text } = read(format, name);
  expect(text.slice(0, 1)).toBe(format);
  expect(difference(VALUES[name]!(), codec.decode(text))).toBeNull();
  expect(realm.differenceToNamed(name, text)).toBeNull();
});

test.each(Object.keys(VALUES))("SR-20: %s is written today as it was recorded", (name) => {
  const { text } = read(CURRENT, name);
  expect(codec.encode(VALUES[name]!(), "step arguments")).toBe(text);
  expect(realm.encodeNamed(name)).toBe(text);
});

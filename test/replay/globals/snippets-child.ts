/** A program: evaluates the snippets from standard input in a realm, and prints what they say. */
import { readFileSync } from "node:fs";
import { Script } from "node:vm";
import { Realm } from "./realm";

const realm = new Realm(new Script(readFileSync(process.argv[2]!, "utf8")));
const snippets = JSON.parse(readFileSync(0, "utf8")) as string[];
process.stdout.write(JSON.stringify(snippets.map((snippet) => realm.text(snippet))));

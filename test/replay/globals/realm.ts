/**
 * A realm as workflow code sees it, with a host that the test drives. Also bundled for child
 * processes, so it imports nothing of the test runner.
 */
import { constants, type Context, createContext, runInContext, type Script } from "node:vm";
import { globalsServices } from "../../../lib/engine/globals-services";
import type { ReadBody } from "../../../lib/replay/globals/body";
import type { GlobalsHost } from "../../../lib/replay/realm/globals-host";

export interface RealmOptions {
  /** The time of the last event. */
  time?: number;
  environment?: Record<string, string>;
}

/** The exports of entry.ts, evaluated inside the realm. */
interface Inside {
  hintFor(error: unknown): string | null;
  adoptRun(host: GlobalsHost, readBody: ReadBody): void;
  installGlobals(scope: unknown, bundleName: string): void;
}

interface Outcome {
  text: string;
}

export const BUNDLE_NAME = "everstep-bundle-test.js";
export const START = Date.UTC(2024, 1, 29, 12, 34, 56, 789);

/** Watches a value from inside the realm, whatever the code under test does to the globals. */
const WATCH = `(() => {
  const { apply } = Reflect, { then } = Promise.prototype, { stringify } = JSON, P = Promise;
  const say = (value) => typeof value === "string" ? value : stringify(value) ?? String(value);
  const blame = (error) => "thrown " + error;
  return (value, isThrown) => {
    const outcome = { text: "pending" };
    if (isThrown) outcome.text = blame(value);
    else if (!(value instanceof P)) outcome.text = say(value);
    else apply(then, value, [(v) => { outcome.text = say(v); }, (e) => { outcome.text = blame(e); }]);
    return outcome;
  };
})()`;

export class Realm {
  time: number;
  /** Lines of the console, each with its level. */
  readonly printed: string[] = [];
  /** Names of variables, as often as the host was asked. */
  readonly read: string[] = [];
  draws = 0;
  readonly inside: Inside;
  private readonly context: Context;
  private readonly watch: (value: unknown, isThrown: boolean) => Outcome;

  constructor(realmScript: Script, { time = START, environment = {} }: RealmOptions = {}) {
    this.time = time;
    this.context = createContext(constants.DONT_CONTEXTIFY, {
      microtaskMode: "afterEvaluate",
    });
    this.inside = realmScript.runInContext(this.context) as Inside;
    this.watch = this.run(WATCH) as typeof this.watch;
    const host: GlobalsHost = {
      now: () => this.time,
      random: () => this.draw(),
      environment: (name) => {
        this.read.push(name);
        return Object.hasOwn(environment, name) ? environment[name] : undefined;
      },
      print: (level, text) => void this.printed.push(`${level}: ${text}`),
      ...globalsServices,
    };
    this.inside.adoptRun(host, this.run(READ_BODY) as ReadBody);
    this.inside.installGlobals(this.run("globalThis"), BUNDLE_NAME);
  }

  /** The value of a script of the bundle. */
  run(code: string): unknown {
    return runInContext(code, this.context, { filename: BUNDLE_NAME });
  }

  /** The value as text; of a promise, what became of it once nothing more can happen. */
  text(code: string): string {
    let outcome: Outcome;
    try {
      outcome = this.watch(this.run(code), false);
    } catch (error) {
      outcome = this.watch(error, true);
    }
    // What was queued since the script ended runs after the next one.
    this.run("0");
    return outcome.text;
  }

  /** What is said to somebody whose code fails with the error of this statement. */
  hint(statement: string): string | null {
    try {
      this.run(statement);
    } catch (error) {
      return this.inside.hintFor(error);
    }
    throw new Error("It does not fail");
  }

  /** Numbers that look random and are the same in every realm. */
  private draw(): number {
    this.draws++;
    return ((this.draws * 2654435761) % 4294967296) / 4294967296;
  }
}

/** Stands in for the step that reads a body. */
const READ_BODY = "async (kind, message) => `${kind} of ${message.url}`";

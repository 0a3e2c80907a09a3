/**
 * `console`. What it prints is put into words inside the realm, and the host decides whether a line
 * is shown again at a replay. No call of it throws.
 */
import type { ConsoleLevel } from "../realm/globals-host";
import { durationText } from "./duration-text";
import { format } from "./format";
import { now, print } from "./guarded-host";
import { inspect } from "./inspect";
import { indent } from "./inspect-text";
import { create, isObject, RealmError, sliceText } from "./intrinsics";
import { tableText } from "./table";

const INDENT = "  ";

type Labelled = Record<string, number | undefined>;

export function makeConsole(): object {
  const lines = new Lines();
  const write = (level: ConsoleLevel, args: ArrayLike<unknown>) =>
    lines.write(level, () => format(args));
  return {
    debug: (...args: unknown[]) => write("debug", args),
    log: (...args: unknown[]) => write("log", args),
    info: (...args: unknown[]) => write("info", args),
    warn: (...args: unknown[]) => write("warn", args),
    error: (...args: unknown[]) => write("error", args),
    dirxml: (...args: unknown[]) => write("log", args),
    trace: (...args: unknown[]) => lines.write("error", () => traceText(format(args))),
    dir: (value: unknown, options?: unknown) =>
      lines.write("log", () => inspect(value, depthOf(options))),
    table: (data: unknown, columns?: unknown) =>
      lines.write("log", () => tableText(data, columns) ?? format([data])),
    assert: (isTrue?: unknown, ...args: unknown[]) => {
      if (!isTrue) lines.write("warn", () => assertionText(args));
    },
    clear: () => undefined,
    ...groups(lines, write),
    ...counters(lines),
    ...timers(lines),
  };
}

/** What the error of a microtask would say on its way to the host. */
export function printUncaught(error: unknown): void {
  new Lines().write("error", () => `Uncaught ${inspect(error)}`);
}

/** Lines with the indentation of the groups that are open. */
class Lines {
  indentation = "";

  write(level: ConsoleLevel, text: () => string): void {
    try {
      print(level, this.indentation + indent(text(), this.indentation));
    } catch {
      // Showing something must not change what the workflow does.
    }
  }
}

type Write = (level: ConsoleLevel, args: ArrayLike<unknown>) => void;

function groups(lines: Lines, write: Write) {
  const group = (...args: unknown[]) => {
    if (args.length > 0) write("log", args);
    lines.indentation += INDENT;
  };
  return {
    group,
    groupCollapsed: group,
    groupEnd: () => {
      let shorter = "";
      while (shorter.length + INDENT.length < lines.indentation.length) shorter += INDENT;
      lines.indentation = shorter;
    },
  };
}

function counters(lines: Lines) {
  const counts = create(null) as Labelled;
  return {
    count: (label?: unknown) =>
      lines.write("log", () => {
        const name = labelOf(label);
        const count = (counts[name] ?? 0) + 1;
        counts[name] = count;
        return `${name}: ${count}`;
      }),
    countReset: (label?: unknown) => {
      counts[labelOf(label)] = 0;
    },
  };
}

/** On the clock of the run, which stands still between two events. */
function timers(lines: Lines) {
  const starts = create(null) as Labelled;
  const elapsed = (label: unknown, args: ArrayLike<unknown>) => {
    const name = labelOf(label);
    const start = starts[name];
    if (start === undefined) return `No such label '${name}' for console.time()`;
    const text = `${name}: ${durationText(now() - start)}`;
    return args.length === 0 ? text : `${text} ${format(args)}`;
  };
  return {
    time: (label?: unknown) => {
      try {
        starts[labelOf(label)] ??= now();
      } catch {
        // The clock cannot be asked at the end of the stack.
      }
    },
    timeLog: (label?: unknown, ...args: unknown[]) =>
      lines.write("log", () => elapsed(label, args)),
    timeEnd: (label?: unknown) =>
      lines.write("log", () => {
        const text = elapsed(label, []);
        starts[labelOf(label)] = undefined;
        return text;
      }),
  };
}

function labelOf(label: unknown): string {
  try {
    return label === undefined ? "default" : `${label as string}`;
  } catch {
    return "default";
  }
}

function depthOf(options: unknown): number | undefined {
  const depth = isObject(options) ? (options as { depth?: unknown }).depth : undefined;
  return depth === null ? Infinity : typeof depth === "number" ? depth : undefined;
}

function assertionText(args: unknown[]): string {
  const failed = "Assertion failed";
  if (typeof args[0] === "string") args[0] = `${failed}: ${args[0]}`;
  return typeof args[0] === "string" ? format(args) : withArguments(failed, args);
}

function withArguments(text: string, args: unknown[]): string {
  return args.length === 0 ? text : `${text} ${format(args)}`;
}

function traceText(message: string): string {
  const title = message === "" ? "" : `: ${message}`;
  const { stack } = new RealmError(message);
  return `Trace${title}${sliceText(`${stack}`, "Error".length + title.length)}`;
}

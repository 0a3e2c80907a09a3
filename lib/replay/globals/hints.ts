/** What to say to somebody whose workflow failed because it used what only Node or a browser has. */
import { isObject } from "./intrinsics";

const MISSING =
  /^(?:globalThis\.)?([\w$]+)(?:\.[\w$.]+)? is not (?:defined|a function|a constructor)/;

/** What esbuild writes for a `require` or `import()` whose module is not in the bundle. */
const NOT_BUNDLED = /^Dynamic require of "(.*)" is not supported$/;

/** One sentence, or null if the error is about something else. */
export function hintFor(error: unknown): string | null {
  try {
    if (!isObject(error)) return null;
    const { name, message } = error as { name?: unknown; message?: unknown };
    const text = `${message as string}`;
    const module = NOT_BUNDLED.exec(text)?.[1];
    if (module !== undefined) {
      return `Workflow code cannot load "${module}" while it runs: import it at the top of the file, or use it inside a step.`;
    }
    if (name !== "ReferenceError" && name !== "TypeError") return null;
    const missing = MISSING.exec(text)?.[1];
    return missing === undefined ? null : hintForName(missing);
  } catch {
    // Reading the error runs code of the workflow.
    return null;
  }
}

function hintForName(name: string): string | null {
  switch (name) {
    case "Buffer":
      return "Workflow code has no Buffer: use Uint8Array, or use Buffer inside a step.";
    case "require":
    case "module":
    case "exports":
      return `Workflow code has no ${name}: import what it needs at the top of its file.`;
    case "__dirname":
    case "__filename":
      return `Workflow code has no ${name}: files can be reached inside steps.`;
    case "global":
    case "self":
    case "window":
      return `Workflow code has no ${name}: use globalThis.`;
    case "process":
      return "Workflow code has process.env and nothing else of process: use the rest inside a step.";
    case "WeakRef":
    case "FinalizationRegistry":
      return `Workflow code has no ${name}: when memory is freed differs from replay to replay.`;
    case "Atomics":
    case "SharedArrayBuffer":
    case "WebAssembly":
      return `Workflow code has no ${name}: use it inside a step.`;
    default:
      return ELSEWHERE.has(name)
        ? `Workflow code has no ${name}: use it inside a step, which runs in Node.`
        : null;
  }
}

const ELSEWHERE = new Set([
  ...["AbortController", "AbortSignal", "BroadcastChannel", "ByteLengthQueuingStrategy"],
  ...["CompressionStream", "CountQueuingStrategy", "CustomEvent", "DecompressionStream", "Event"],
  ...["EventSource", "EventTarget", "MessageChannel", "MessageEvent", "MessagePort", "Performance"],
  ...["PerformanceObserver", "Storage", "TextDecoderStream", "TextEncoderStream", "WebSocket"],
  ...[
    "Worker",
    "XMLHttpRequest",
    "document",
    "fs",
    "localStorage",
    "location",
    "navigator",
    "path",
  ],
  ...["sessionStorage"],
]);

/** Which of our routes a path leads to. They are found under any prefix, so that proxies may add one. */
import { ROUTES } from "../lib/auth/send-message";

export type Route =
  | { name: "flow" | "step" | "health" | "manifest" | "unknown" }
  /** Null where the path ends in what no token can be written as. */
  | { name: "webhook"; token: string | null };

const FIXED: Readonly<Record<string, Route["name"]>> = {
  flow: "flow",
  step: "step",
  health: "health",
  "manifest.json": "manifest",
};

/** `path` is as it was sent, without a query. Null for what is none of ours. */
export function routeOf(path: string): Route | null {
  const start = path.indexOf(ROUTES);
  if (start === -1) return null;
  const rest = path.slice(start + ROUTES.length).replace(/\/$/, "");
  const [first = "", ...others] = rest.split("/");
  if (first === "webhook") return { name: "webhook", token: tokenOf(others) };
  const name = others.length === 0 && Object.hasOwn(FIXED, first) ? FIXED[first]! : "unknown";
  return { name: name as Exclude<Route["name"], "webhook"> };
}

/** Longer than any address that a server takes. */
const LONGEST_TOKEN = 65_536;

/** A slash in a token is written as %2F; it is decoded once (WH-20). Empty where none is given. */
function tokenOf(segments: readonly string[]): string | null {
  const [text = "", ...others] = segments;
  if (others.length > 0 || text.length > LONGEST_TOKEN) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

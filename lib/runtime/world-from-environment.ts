/** The world that WORKFLOW_TARGET_WORLD names: ours, or that of a package (WI-02, WI-03). */
import { createRequire } from "node:module";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { createRedisWorld } from "../../redis-world";
import { WorldError } from "../contract/error";
import type { World } from "../contract/world";

type MakeWorld = () => World;

export function worldFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
  cwd = process.cwd(),
): World {
  const name = env["WORKFLOW_TARGET_WORLD"] || "embedded";
  if (name === "embedded" || name === "local") return createEmbeddedWorld();
  if (name === "redis") {
    const url = env["WORKFLOW_REDIS_URL"];
    return createRedisWorld(url ? { url } : {});
  }
  return factoryOf(name, cwd)();
}

function factoryOf(name: string, cwd: string): MakeWorld {
  const found = load(name, cwd);
  const { default: byDefault, createWorld } = (found ?? {}) as Record<string, unknown>;
  // What was compiled to CommonJS has its default export one level down when it is imported.
  const nested = (byDefault as { default?: unknown } | undefined)?.default;
  const factory = [byDefault, nested, createWorld, found].find(
    (candidate) => typeof candidate === "function",
  );
  if (factory) return factory as MakeWorld;
  throw new WorldError(
    "WORLD_UNKNOWN",
    `Invalid target world module: ${name}, must export a default function or createWorld function that returns a World instance.`,
  );
}

function load(name: string, cwd: string): unknown {
  try {
    return createRequire(path.join(cwd, "package.json"))(name);
  } catch (cause) {
    const message = `The world "${name}" (WORKFLOW_TARGET_WORLD) cannot be loaded: ${(cause as Error).message}`;
    throw new WorldError("WORLD_UNKNOWN", message, { cause });
  }
}

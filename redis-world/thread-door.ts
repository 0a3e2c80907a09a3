/** How a thread gets a world on the same servers, to keep leases while the main thread is blocked (E1). */
import type { ThreadDoor } from "../lib/contract/world";
import type { ServerOptions } from "./boot";
import { type Client, isCluster } from "./connect";

/** Undefined where the app's client goes somewhere that cannot be said in an address. */
export function threadDoor(
  module: string,
  options: ServerOptions & { leaseMs: number },
): ThreadDoor | undefined {
  const { client, url, isCluster, prefix, partitions, leaseMs } = options;
  const address = client ? addressOf(client) : url;
  if (client && address === undefined) return undefined;
  const given = { url: address, isCluster, prefix, partitions, leaseMs, allowEviction: true };
  return { module, create: "createRedisWorld", options: given };
}

function addressOf(client: Client): string | undefined {
  if (isCluster(client)) return undefined;
  const { host, port, path, username, password, db = 0, tls, sentinels } = client.options;
  const isSimpleTls = !tls || Object.keys(tls).length === 0;
  if (!host || path || (sentinels && sentinels.length > 0) || !isSimpleTls) return undefined;
  const url = new URL(`${tls ? "rediss" : "redis"}://${host.includes(":") ? `[${host}]` : host}`);
  url.port = String(port ?? 6379);
  url.pathname = `/${db}`;
  if (username) url.username = encodeURIComponent(username);
  if (password) url.password = encodeURIComponent(password);
  return url.href;
}

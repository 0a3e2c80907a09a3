/** What survives what, in one sentence, from what the server says of itself (P1). */
import type { Client } from "./connection";

export async function describeGuarantee(client: Client, address: string): Promise<string> {
  const sentence = `Runs are kept in ${address}`;
  let settings: Record<string, string>;
  try {
    settings = await readSettings(client);
  } catch {
    // Managed servers hide their settings.
    return `${sentence}, which does not tell its settings; what survives is up to them.`;
  }
  const { "maxmemory-policy": policy = "noeviction" } = settings;
  const evicts =
    policy === "noeviction"
      ? ""
      : ` It also removes data when its memory is full (${policy}), which loses runs: set maxmemory-policy to noeviction.`;
  return `${sentence}; ${survival(settings)}.${evicts}`;
}

function survival({ appendonly, appendfsync, save }: Record<string, string>): string {
  if (appendonly === "yes" && appendfsync === "always") {
    return "what is acknowledged survives a crash of the server and the loss of power";
  }
  if (appendonly === "yes") {
    return "what is acknowledged survives a crash of the server, and the loss of power but for the last second";
  }
  if (save) return "a crash of the server loses what came after its last snapshot";
  return "a restart of the server loses all of it";
}

async function readSettings(client: Client): Promise<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const name of ["maxmemory-policy", "appendonly", "appendfsync", "save"]) {
    const found: unknown = await client.config("GET", name);
    // A list of name and value, or an object of them, depending on the protocol.
    const value = Array.isArray(found) ? found[1] : (found as Record<string, unknown>)[name];
    settings[name] = String(value ?? "");
  }
  return settings;
}

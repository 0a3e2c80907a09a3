import { fetch } from "workflow";

export async function weather(url: string) {
  "use workflow";
  const response = await fetch(url);
  const { celsius } = (await response.json()) as { celsius: number };
  return { status: response.status, type: response.headers.get("content-type"), celsius };
}

/** As a library does that knows nothing of workflows. */
async function temperatureOf(url: string): Promise<number> {
  const response = await globalThis.fetch(url);
  return ((await response.json()) as { celsius: number }).celsius;
}

export async function weatherByLibrary(url: string) {
  "use workflow";
  globalThis.fetch = fetch;
  return temperatureOf(url);
}

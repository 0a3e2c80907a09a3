/** Runs the `server.ts` of a page, and sends it what the page sends with curl. */
import type { CodeBlock } from "./documents";
import { type ExampleServer, startProgram } from "./examples/example-server";

export function startPageServer(folder: string): Promise<ExampleServer> {
  const command = ["node", "--import", "everstep/register", "server.ts"];
  return startProgram({ cwd: folder, command });
}

/**
 * Each `curl` of the blocks, in order; `<runId>` is that of the last answer which had one. Where a
 * single command is followed by a block with an answer, that is what it has to be.
 */
export async function tryCurls(blocks: readonly CodeBlock[], server: ExampleServer): Promise<void> {
  let runId = "";
  for (const [index, { language, code }] of blocks.entries()) {
    if (language !== "sh" || !code.startsWith("curl ")) continue;
    const commands = code.trim().split("\n");
    for (const command of commands) {
      const { status, text } = await sendAsCurl(command.replace("<runId>", runId), server.url);
      runId = /"runId":"(\w+)"/.exec(text)?.[1] ?? runId;
      expect({ command, status: Math.floor(status / 100) }).toEqual({ command, status: 2 });
      if (commands.length > 1) continue;
      const answer = blocks[index + 1];
      if (answer?.language === "text") expect(text).toBe(answer.code);
      if (answer?.language === "json") expect(readAnswer(text)).toEqual(readAnswer(answer.code));
    }
  }
}

/** Ids differ from one time to the next. */
function readAnswer(text: string): unknown {
  return JSON.parse(text.replaceAll(/wrun_\w+/g, "wrun")) as unknown;
}

async function sendAsCurl(command: string, server: string) {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );
  const valuesOf = (option: string) =>
    words.flatMap((word, index) => (word === option ? [words[index + 1] ?? ""] : []));
  const [body] = valuesOf("-d");
  const headers = valuesOf("-H").map((header) => header.split(": ") as [string, string]);
  const [, route = "/"] = /localhost:3000(\S*)/.exec(command) ?? [];
  const response = await fetch(server + route, {
    ...{ method: valuesOf("-X")[0] ?? "GET", headers },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
}

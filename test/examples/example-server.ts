/** An example as its users run it: a process of its own, on a free port and a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

export const ROOT = path.resolve(__dirname, "../..");

export interface ExampleServer {
  url: string;
  /** All that it has printed. */
  said(): string;
  /** Resolves with the text when it has been printed. */
  untilSaid(text: string | RegExp): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface ExampleOptions {
  /** Where runs are kept; a new folder unless it is given. */
  dataDir?: string;
  cwd?: string;
  command?: string[];
}

export interface ProgramOptions {
  cwd: string;
  command: readonly string[];
  /** The program decides itself unless it is given. */
  dataDir?: string;
}

const running = new Set<ChildProcess>();
const folders: string[] = [];

afterAll(() => {
  for (const child of running) endGroup(child, "SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "everstep-example-"));
  folders.push(folder);
  return folder;
}

/** Resolves when it listens. */
export function startExample(name: string, options: ExampleOptions = {}): Promise<ExampleServer> {
  const usual = ["node", "--import", "everstep/register", `examples/${name}/server.ts`];
  return startProgram({ cwd: ROOT, command: usual, dataDir: newFolder(), ...options });
}

/** A server that listens on PORT; resolves when it does. */
export async function startProgram(options: ProgramOptions): Promise<ExampleServer> {
  const { cwd, command, dataDir } = options;
  const [program = "", ...args] = command;
  const port = await freePort();
  const child = spawn(program, args, {
    ...{ cwd, stdio: ["ignore", "pipe", "pipe"], detached: true },
    env: {
      ...{ ...process.env, PORT: String(port), NO_COLOR: "1" },
      // Not as a test: their data is kept apart.
      NODE_ENV: undefined,
      WORKFLOW_EMBEDDED_DATA_DIR: dataDir,
    },
  });
  running.add(child);
  const output = new Output(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await untilListening(port, output);
  return {
    url: `http://localhost:${port}`,
    said: () => output.text,
    untilSaid: (text) => output.until(text),
    async stop(signal = "SIGTERM") {
      endGroup(child, signal);
      await ended;
      running.delete(child);
    },
  };
}

async function untilListening(port: number, output: Output): Promise<void> {
  for (;;) {
    const isListening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "localhost");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isListening) return;
    output.refuseIfOver("listening");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What npm starts has children of its own. */
function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

class Output {
  text = "";
  private isOver = false;
  private readonly waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (part: string) => {
        this.text += part;
        this.look();
      });
    }
    child.once("close", () => {
      this.isOver = true;
      this.look();
    });
  }

  async until(text: string | RegExp): Promise<string> {
    for (;;) {
      const found = typeof text === "string" ? this.text.includes(text) : text.test(this.text);
      if (found) return this.text;
      this.refuseIfOver(`saying ${String(text)}`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  refuseIfOver(what: string): void {
    if (this.isOver) throw new Error(`It ended without ${what}:\n${this.text}`);
  }

  private look(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Sends JSON, and reads it. */
export async function postJson(
  url: string,
  body: unknown,
): Promise<{ status: number; json: Json }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, json: (await response.json()) as Json };
}

export async function getJson(url: string): Promise<Json> {
  return (await (await fetch(url)).json()) as Json;
}

export type Json = { [key: string]: Json } & string & number & Json[];

/** Asks again until the run is over. */
export async function untilCompleted(url: string): Promise<Json> {
  for (;;) {
    const answer = await getJson(url);
    if (answer["status"] === "completed") return answer;
    if (["failed", "cancelled"].includes(String(answer["status"]))) {
      throw new Error(JSON.stringify(answer));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

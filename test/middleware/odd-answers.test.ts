/** Answers of workflows that say wrong things of themselves: each goes out right, or as a clean 500. */
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { toNodeHandler } from "../../middleware";

const PATH = "/.well-known/workflow/v1/webhook/token";
let server: Server;
let port: number;
let next: () => Response;
const said: string[] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeAll(async () => {
  const log = (_level: string, text: string) => void said.push(text);
  server = createServer(toNodeHandler(async () => next(), { log }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
  process.on("unhandledRejection", note);
});
afterEach(() => expect(unhandled).toEqual([]));
afterAll(() => {
  process.off("unhandledRejection", note);
  server.close();
});

/** What two requests on one connection are answered, byte for byte. */
function raw(method: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.once("error", reject).once("close", () => resolve(text));
    const head = `${PATH} HTTP/1.1\r\nhost: app.test\r\n`;
    socket.write(`${method} ${head}\r\n${method} ${head}connection: close\r\n\r\n`);
  });
}

const ODD: Record<string, () => Response> = {
  "a trailer": () => new Response("whole", { headers: { trailer: "x-sum" } }),
  "a length that is too short": () => new Response("whole", { headers: { "content-length": "3" } }),
  "a length that is too long": () => new Response("whole", { headers: { "content-length": "30" } }),
  "a transfer encoding": () =>
    new Response("whole", { headers: { "transfer-encoding": "gzip", connection: "close" } }),
};

test.each(Object.keys(ODD))(
  "E4, P11: an answer with %s goes out whole, and alone",
  async (name) => {
    next = ODD[name]!;
    const got = await raw("GET");
    expect(got.match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(got.match(/whole/g)).toHaveLength(2);
    const head = await raw("HEAD");
    expect(head.match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(head).not.toContain("whole");
  },
);

test("WH-19: 204 and 304 have no body, whatever is said of one", async () => {
  for (const status of [204, 304]) {
    next = () => new Response(null, { status, headers: { trailer: "x", etag: '"1"' } });
    expect((await raw("GET")).match(new RegExp(`HTTP/1.1 ${status}`, "g"))).toHaveLength(2);
  }
});

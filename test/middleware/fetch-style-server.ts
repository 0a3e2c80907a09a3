/**
 * A server for handlers of the Fetch style, as other runtimes have one built in. It knows the routes
 * of nobody: it makes a Request of what comes, and sends the Response that it is given.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export function fetchStyleServer(handle: (request: Request) => Promise<Response>): Server {
  return createServer((req, res) => {
    void handle(requestOf(req)).then(async (response) => {
      res.statusCode = response.status;
      res.setHeaders(response.headers);
      if (!response.body) return res.end();
      await pipeline(Readable.fromWeb(response.body as never), res);
    });
  });
}

function requestOf(req: IncomingMessage): Request {
  const { method = "GET", headers, rawHeaders } = req;
  const pairs = rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1]!]] : [],
  );
  const isEmpty = headers["transfer-encoding"] === undefined && !Number(headers["content-length"]);
  const hasBody = !isEmpty && method !== "GET" && method !== "HEAD";
  const body = hasBody ? { body: Readable.toWeb(req), duplex: "half" } : {};
  return new Request(`http://${headers.host}${req.url}`, {
    ...{ method, headers: pairs },
    ...(body as RequestInit),
  });
}

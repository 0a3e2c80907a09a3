/** Requests, responses, forms, files and streams of Node: what they store, and what comes back. */
import { SerializationError } from "../../lib/contract/error";
import { encodeWithBodies } from "../../lib/engine/encode-with-bodies";
import { ALL_BYTES, type Body, bytesIn, codec, encoded, post, streamOf } from "./host-bodies";
import { createRealm } from "./realm";

const realm = createRealm();
const MARK = "\ufeff";

/** All that can be seen of a value, with its bytes. */
async function shown(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(shown));
  if (value instanceof Response) {
    const { status, statusText, ok, type, url, redirected, body } = value;
    const facts = { status, statusText, ok, type, url, redirected, hasBody: body !== null };
    return [facts, [...value.headers], await bytesIn(value)];
  }
  if (value instanceof Request) {
    const { method, url, cache, credentials, integrity, keepalive, mode, redirect } = value;
    const { referrer, referrerPolicy, body } = value;
    const facts = { method, url, cache, credentials, integrity, keepalive, mode, redirect };
    const more = { referrer, referrerPolicy, hasBody: body !== null };
    return [facts, more, [...value.headers], await bytesIn(value)];
  }
  if (value instanceof FormData) return shown([...value].flat());
  if (value instanceof Blob) {
    const { name, lastModified } = value as File;
    return [value.constructor.name, value.type, name, lastModified, await bytesIn(value)];
  }
  if (isRecord(value)) return shown(Object.entries(value).flat());
  return value instanceof ReadableStream ? bytesIn(new Response(value)) : value;
}

function isRecord(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** A response as a server would send it. */
function arrived(body: Body | null, init: ResponseInit, facts: object): Response {
  const response = new Response(body, init);
  for (const [name, value] of Object.entries(facts)) {
    Object.defineProperty(response, name, { value });
  }
  return response;
}

function cookies(): Headers {
  const headers = new Headers([
    ["set-cookie", "a=1, b"],
    ["x-many", "1"],
  ]);
  headers.append("set-cookie", "c=2");
  headers.append("x-many", "2");
  return headers;
}

function form(): FormData {
  const made = new FormData();
  made.append("name", "Ada\r\n\u{1f600}");
  made.append("name", "");
  made.append("file", new File([ALL_BYTES], "ä.bin", { type: "image/png", lastModified: 5 }));
  return made;
}

const VALUES: Record<string, () => unknown> = {
  "a response of text": () => new Response("grüße \u{1f600}\0"),
  "a response with a byte order mark": () => new Response(`${MARK}a`),
  "a response of JSON": () => Response.json({ a: 1 }, { status: 201, statusText: "Made" }),
  "a response of bytes": () => new Response(ALL_BYTES),
  "a response of text that is none": () =>
    new Response(ALL_BYTES, { headers: { "content-type": "text/plain" } }),
  "a response of an empty text": () => new Response(""),
  "a response of nothing": () => new Response(),
  ...Object.fromEntries(
    [204, 205, 304].map((status) => [
      `a response with status ${status}`,
      () => new Response(null, { status }),
    ]),
  ),
  "a failed response": () => Response.error(),
  "a redirect": () => Response.redirect("https://example.test/b", 307),
  "a response with several cookies": () => new Response("a", { headers: cookies() }),
  "a response that came from a server": () =>
    arrived("a", {}, { url: "https://example.test/b", redirected: true, type: "basic" }),
  "a response of a form": () => new Response(new URLSearchParams({ a: "b c" })),
  "a response of a stream": () => new Response(streamOf(ALL_BYTES, ALL_BYTES)),
  "a response of a blob": () => new Response(new Blob(["{}"], { type: "application/json" })),
  "a request": () => new Request("https://example.test"),
  "a request with all its settings": () =>
    new Request("https://example.test/a", {
      ...({ cache: "no-store", credentials: "include", integrity: "sha256-x" } as const),
      ...({ keepalive: true, mode: "same-origin", redirect: "manual" } as const),
      ...({ referrer: "https://example.test/r", referrerPolicy: "origin" } as const),
    }),
  "a request with text": () => post("ping"),
  "a request with JSON": () =>
    post('{"a":1}', new Headers({ "Content-Type": "application/json", "X-A": "1" })),
  "a request with bytes": () => post(ALL_BYTES),
  "a request with a method of its own": () =>
    new Request("https://example.test", { method: "copy" }),
  "a form": form,
  "an empty form": () => new FormData(),
  "a blob": () => new Blob([ALL_BYTES], { type: "image/png" }),
  "an empty blob": () => new Blob([]),
  "a file": () => new File(["a", ALL_BYTES], "a.txt", { type: "text/plain", lastModified: 7 }),
  "a stream": () => streamOf(ALL_BYTES),
  "an empty stream": () => streamOf(),
  "many at once": () => [new Response("a"), [form()], new Blob(["b"]), post("c"), streamOf()],
};

test.each(Object.keys(VALUES))("SR-05: %s comes back from the sandbox as it was", async (name) => {
  const text = await encoded(VALUES[name]!());
  const back = realm.echo(text);
  expect(back).toBe(text);
  const value = codec.decode(back);
  expect(codec.encode(value, "step arguments")).toBe(text);
  expect(await shown(value)).toEqual(await shown(VALUES[name]!()));
  // What has been read in the meantime is still known.
  expect(codec.encode(value, "step arguments")).toBe(text);
});

const SANDBOX: Record<string, [code: string, seen: RegExp]> = {
  "a text": ['new Response("held here", { status: 201 })', /^\["~Response",201,"",.*"held here"/],
  "a text without a type": [
    '(() => { const r = new Response("a"); r.headers.delete("content-type"); return r })()',
    /\["~Headers"\],"a"/,
  ],
  "a text that is called XML": [
    'new Response("<a/>", { headers: { "content-type": "image/svg+xml" } })',
    /"<a\/>"/,
  ],
  "bytes that are called text": [
    'new Response(new Blob(["ab"], { type: "text/plain" }))',
    /\["~Uint8Array","YWI="\]/,
  ],
  "a form as a body": [
    '(() => { const f = new FormData(); f.append("a", "b"); return new Response(f) })()',
    /multipart\/form-data; boundary=/,
  ],
  "the body of a response": ['new Response("a").body', /^\["~ReadableStream",null,"a"\]$/],
  "bytes and the stream that shows them": [
    `(() => {
      const response = new Response(new Uint8Array([1, 2]));
      return { response, body: response.body };
    })()`,
    /"body":\["~ReadableStream",null,"~#\d"\]/,
  ],
  "a request": [
    `new Request("https://example.test/b", {
      method: "put", body: new Uint8Array([1]), redirect: "manual", keepalive: true, mode: "no-cors"
    })`,
    /^\["~Request","PUT",/,
  ],
  "a request with settings that Node refuses": [
    'new Request("https://example.test", { cache: "only-if-cached", referrer: "nowhere" })',
    /"cache":"only-if-cached"/,
  ],
  "files and forms": [
    `(() => {
      const form = new FormData();
      form.append("a", new File(["content"], "a.txt", { type: "text/plain", lastModified: 5 }));
      form.append("b", "c");
      return [form, new Blob(["b"], { type: "image/png" }), form.get("a")];
    })()`,
    /^\[\["~FormData","a",\["~File","a.txt","text\/plain",5,/,
  ],
};

test.each(Object.keys(SANDBOX))("SR-14: what the sandbox made comes back: %s", async (name) => {
  const [code, seen] = SANDBOX[name]!;
  const text = realm.run(`return codec.encode(${code}, "step arguments")`);
  expect(text.slice(2)).toMatch(seen);
  expect(codec.encode(codec.decode(text), "step arguments")).toBe(text);
  // The parts are read, not only kept.
  const read = await shown(codec.decode(text));
  expect(await shown(codec.decode(realm.echo(text)))).toEqual(read);
});

test("a clone has what no constructor takes", async () => {
  const facts = { url: "https://example.test/b", redirected: true, type: "basic" };
  const response = codec.decode(await encoded(arrived("a", {}, facts))) as Response;
  expect(Object.keys(response)).toEqual([]);
  const again = response.clone().clone();
  expect([again.url, again.redirected, again.type]).toEqual(Object.values(facts));
  expect([await response.text(), await again.text()]).toEqual(["a", "a"]);
});

test("fields that an older version did not store are as usual", () => {
  const text = codec.encode(new Response(null), "step arguments");
  expect(codec.decode(text.replace(/\{.*\}/, "{}"))).toMatchObject({
    type: "default",
    url: "",
    redirected: false,
  });
  const bad = (fields: string) => () => codec.decode(text.replace(/\{.*\}/, fields));
  expect(bad('{"url":1}')).toThrow("its parts make no Response (its url is something else)");
  expect(bad("1")).toThrow("its parts make no Response (a message without its fields)");
});

const MALFORMED = [
  ...['["~Response"]', '["~Response","a","",["~Headers"],null,{}]', '["~Blob","","a"]'],
  ...['["~Response",200,"",{},null,{}]', '["~Response",200,"",["~Headers"],1,{}]'],
  ...['["~Response",200,"",["~Headers"],["~Blob","",["~Uint8Array",""]],{}]'],
  ...['["~Request","GET","nowhere",["~Headers"],null,{}]', '["~FormData","a"]', '["~File"]'],
  ...['["~Request","a b","https://example.test",["~Headers"],null,{}]', '["~FormData","a",1]'],
  ...['["~Request","GET","https://example.test",["~Headers"],"a",{}]', '["~ReadableStream"]'],
  ...['["~ReadableStream",null,{}]', '["~WritableStream",null,"a"]', '["~WritableStream"]'],
];

test.each(MALFORMED)("V2: what no version has written is not read: %s", (json) => {
  const decode = () => codec.decode(`1r${json}`);
  expect(decode).toThrow(expect.objectContaining({ code: "VALUE_UNREADABLE" }));
});

test("a value without bodies has its text at once, and what cannot be stored is refused first", () => {
  expect(encodeWithBodies(codec, { a: [1] }, "step return value")).toBe('1j{"a":[1]}');
  expect(typeof encodeWithBodies(codec, new Response(null), "step return value")).toBe("string");
  const response = new Response("a");
  const value = [response, () => 1];
  expect(() => encodeWithBodies(codec, value, "step return value")).toThrow(SerializationError);
  expect(response.bodyUsed).toBe(false);
});

test("each body is read once, wherever the value holds it", async () => {
  const response = new Response("a");
  const blob = new Blob(["b"]);
  const body = response.body;
  const error = Object.assign(new Error("no"), { response });
  const value = { list: [response], map: new Map([[blob, body]]), error };
  const text = await encoded(value);
  expect(codec.encode(value, "step return value")).toBe(text);
  const again = codec.decode(text) as typeof value;
  expect(again.error).toMatchObject({ response: again.list[0] });
  const [[key, stream]] = [...again.map] as [[Blob, ReadableStream]];
  const read = [again.list[0]!.text(), key.text(), new Response(stream).text()];
  expect(await Promise.all(read)).toEqual(["a", "b", "a"]);
});

/** Requests, responses and forms: values like those of Node, whose bodies only steps can read. */
import { expectSameAsNode } from "./compare";
import { newRealm } from "./realm-script";

const REQUEST = `(r) => [r.url, r.method, [...r.headers], r.cache, r.credentials, r.destination,
  r.integrity, r.keepalive, r.mode, r.redirect, r.referrer, r.referrerPolicy, r.duplex, r.bodyUsed,
  r.body === null, Object.prototype.toString.call(r)]`;

const AS_USUAL =
  '"default","same-origin","","",false,"cors","follow","about:client","","half",false,true,"[object Request]"';

const INITS = [
  ...[
    "",
    "{}",
    "null",
    "undefined",
    "{ method: 'post' }",
    "{ method: 'Patch' }",
    "{ method: 'get' }",
  ],
  ...[
    "{ method: 'TRACE' }",
    "{ method: 'a b' }",
    "{ method: '' }",
    "{ method: 'POST', body: 'x' }",
  ],
  ...[
    "{ method: 'PUT', body: new URLSearchParams('a=b') }",
    "{ method: 'PUT', body: new Uint8Array(2) }",
  ],
  ...["{ method: 'PUT', body: new Blob(['x'], { type: 'a/b' }) }", "{ method: 'PUT', body: '' }"],
  ...[
    "{ body: 'x' }",
    "{ method: 'HEAD', body: 'x' }",
    "{ body: null }",
    "{ method: 'POST', body: null }",
  ],
  ...[
    "{ headers: { a: '1' } }",
    "{ headers: [['b', '2']] }",
    "{ headers: 5 }",
    "{ headers: { 'x y': '1' } }",
  ],
  ...["{ method: 'POST', body: 'x', headers: { 'content-type': 'own' } }", "{ cache: 'no-store' }"],
  ...[
    "{ cache: 'nonsense' }",
    "{ credentials: 'omit' }",
    "{ mode: 'same-origin' }",
    "{ redirect: 'manual' }",
  ],
  ...[
    "{ redirect: 'x' }",
    "{ referrerPolicy: 'origin' }",
    "{ integrity: 'sha256-x' }",
    "{ keepalive: 1 }",
  ],
  ...[
    "{ referrer: '' }",
    "{ mode: 'navigate' }",
    "{ method: undefined }",
    "{ headers: undefined }",
    "5",
  ],
];

test("SG-14: requests have the fields and the checks of Node", () => {
  expectSameAsNode(INITS, {
    wrap: (init) => `(${REQUEST})(new Request("http://h/p?q#f", ${init}))`,
    except: {
      // Here every method is in upper case, and what is no object has no settings.
      "{ method: 'Patch' }": `["http://h/p?q#f","PATCH",[],${AS_USUAL}]`,
      "5": `["http://h/p?q#f","GET",[],${AS_USUAL}]`,
    },
  });
  const inputs = [
    ...[
      "''",
      "'x'",
      "'http://h'",
      "'http://u:p@h/'",
      "new URL('http://h/x')",
      "{ toString: () => 'http://t' }",
    ],
    ...[
      "undefined",
      "5",
      "new Request('http://r', { method: 'POST', body: 'x', headers: { a: '1' } })",
    ],
    ...["'data:text/plain,x'", "'http://h/a b'", "'HTTP://H/%zz'", "'http://h:0/'"],
  ];
  expectSameAsNode(inputs, { wrap: (input) => `(${REQUEST})(new Request(${input}))` });
  expectSameAsNode(INITS, {
    wrap: (init) => `(${REQUEST})(new Request(new Request("http://h", { method: "PUT",
      headers: { x: "y" }, cache: "reload" }), ${init}))`,
    except: {
      "{ method: 'Patch' }": `["http://h/","PATCH",[["x","y"]],${AS_USUAL.replace("default", "reload")}]`,
      "5": `["http://h/","PUT",[["x","y"]],${AS_USUAL.replace("default", "reload")}]`,
    },
  });
});

test("SG-14: the words of the errors", () => {
  const realm = newRealm();
  expect(realm.text("new Request('no address')")).toBe(
    "thrown TypeError: Failed to parse URL from no address",
  );
  for (const method of ["GET", "HEAD", "get", "head"]) {
    expect(realm.text(`new Request("http://h", { method: "${method}", body: "x" })`)).toBe(
      "thrown TypeError: Request with GET/HEAD method cannot have body.",
    );
  }
  expect(realm.text("new Request('http://h', { body: '' })")).toBe(
    "thrown TypeError: Request with GET/HEAD method cannot have body.",
  );
});

const RESPONSE = `(r) => [r.status, r.ok, r.statusText, [...r.headers], r.type, r.url, r.redirected,
  r.bodyUsed, r.body === null, Object.prototype.toString.call(r)]`;

const RESPONSES = [
  ...[
    "new Response()",
    "new Response(null)",
    "new Response(undefined)",
    "new Response('')",
    "new Response('x')",
  ],
  ...[
    "new Response('x', null)",
    "new Response(new Uint8Array(3))",
    "new Response(new URLSearchParams('a'))",
  ],
  ...[
    "new Response(new Blob(['x'], { type: 'a/b' }))",
    "new Response({})",
    "new Response(5)",
    "new Response(Symbol())",
  ],
  ...[200, 201, 204, 205, 299, 300, 304, 404, 500, 599].map(
    (s) => `new Response(null, { status: ${s} })`,
  ),
  ...[204, 205, 304, 200, 404].map((status) => `new Response("x", { status: ${status} })`),
  ...[
    "''",
    "199",
    "600",
    "0",
    "NaN",
    "'201'",
    "200.9",
    "-1",
    "65736",
    "undefined",
    "null",
    "Infinity",
  ].map((status) => `new Response(null, { status: ${status} })`),
  ...["new Response(null, { statusText: 'fine' })", "new Response(null, { statusText: 'a\\nb' })"],
  ...[
    "new Response('', { status: 204 })",
    "new Response(null, { headers: { a: 'b' } })",
    "Response.json()",
  ],
  ...[
    "Response.json({ a: [1] })",
    "Response.json(null)",
    "Response.json('x', { status: 201 })",
    "Response.json(() => 1)",
  ],
  ...[
    "Response.json(1, { headers: { 'content-type': 'own' } })",
    "Response.json(1n)",
    "Response.json(1, { status: 204 })",
  ],
  ...[
    "Response.json({}, null)",
    "Response.json({}, { statusText: 't', headers: [['a', 'b']] })",
    "Response.json(Symbol())",
  ],
  ...[301, 302, 303, 307, 308, 200, 304, "'301'", "undefined"].map(
    (s) => `Response.redirect("http://h/x", ${s})`,
  ),
  ...[
    "Response.redirect('nonsense')",
    "Response.redirect('http://h/ä')",
    "Response.redirect(new URL('http://h'))",
  ],
  ...[
    "new Response('x', { headers: { 'Content-Type': 'own' } })",
    "new Response(new FormData(), { headers: { 'content-type': 'x' } })",
  ],
];

test("SG-15: responses have the fields and the checks of Node", () => {
  expectSameAsNode(RESPONSES, {
    wrap: (response) => `(${RESPONSE})(${response})`,
    except: {
      // Wherever there may be settings, null stands for none.
      "Response.json({}, null)":
        '[200,true,"",[["content-type","application/json"]],"default","",false,false,false,"[object Response]"]',
    },
  });
});

test("SG-15: only the statuses of redirects redirect, and some have no body", () => {
  const realm = newRealm();
  for (const status of [200, 300, 304, 305, 306, 309, 404]) {
    expect(realm.text(`Response.redirect("http://h", ${status})`)).toBe(
      `thrown RangeError: Invalid status code ${status}`,
    );
  }
  for (const status of [204, 205, 304]) {
    expect(realm.text(`new Response("x", { status: ${status} })`)).toBe(
      `thrown TypeError: Response with status ${status} cannot have body.`,
    );
  }
  expect(realm.text("new Response(null, { status: 100 })")).toBe(
    'thrown RangeError: init["status"] must be in the range of 200 to 599, inclusive.',
  );
});

test("SG-13: bodies are read by a step, as often as wanted", () => {
  for (const kind of ["text", "json", "arrayBuffer", "bytes", "formData", "blob"]) {
    const realm = newRealm();
    const read = `r.${kind}()`;
    const code = `(async () => { const r = new Request("http://h/", { method: "PUT", body: "x" });
      return [await ${read}, r.bodyUsed, await ${read}, ${read} instanceof Promise]; })()`;
    const text = `${kind} of http://h/`;
    expect(JSON.parse(realm.text(code))).toEqual([text, false, text, true]);
    expect(realm.text(`Response.prototype.${kind}.call({})`)).toBe(
      "thrown TypeError: The receiver is not a Response",
    );
  }
});

test("SG-13: what cannot be done says so", () => {
  const calls: Record<string, string> = {
    "Response.error()": "Response.error()",
    "new Blob().stream()": "Blob.stream()",
    "new Response('x').body.getReader()": "ReadableStream.getReader()",
  };
  for (const [call, what] of Object.entries(calls)) {
    expect(newRealm().text(call).split("\n")[0]).toBe(
      `thrown EverstepError: Not supported in workflow functions: ${what}`,
    );
  }
});

test("SG-13: the body of a message is a stream that is always the same", () => {
  const realm = newRealm();
  expect(realm.text("new Response('x').body instanceof ReadableStream")).toBe("true");
  expect(realm.text("(() => { const r = new Response('x'); return r.body === r.body })()")).toBe(
    "true",
  );
  expect(realm.text("new Response('x').body.locked")).toBe("false");
  expect(
    realm.text(`(() => { const a = new Response("x"), b = new Request("http://h", { method: "PUT",
      body: a.body, duplex: "half" }); return [b.body !== null, [...b.headers].length] })()`),
  ).toBe("[true,0]");
});

test("SG-13: forms as in Node", () => {
  const calls = [
    ...[
      "f.append('x', 1), [...f]",
      "f.set('a', 'n'), [...f]",
      "f.delete('a'), [...f]",
      "f.get('a')",
      "f.getAll('a')",
    ],
    ...[
      "f.get('none')",
      "f.has('a')",
      "f.append('x')",
      "f.append()",
      "f.get()",
      "[...f.keys()]",
      "[...f.values()]",
    ],
    ...[
      "f.append('file', new Blob(['x'], { type: 't/t' })), f.get('file').name",
      "f.append('x', 'y', 'name')",
    ],
    ...[
      "f.append('f', new File(['x'], 'own.txt')), f.get('f').name",
      "f.append('f', new File(['x'], 'own'), 'n'), f.get('f').name",
    ],
    ...[
      "f.append('f', new Blob(['x'], { type: 't/t' }), 'given'), [f.get('f').name, f.get('f').type, f.get('f') instanceof File]",
    ],
    ...[
      "f.append('\\ud800', '\\udfff'), [...f]",
      "Object.prototype.toString.call(f)",
      "new FormData({})",
      "new FormData(undefined) instanceof FormData",
    ],
    ...[
      "(() => { const s = []; f.forEach((v, k, o) => s.push(v, k, o === f)); return s })()",
      "FormData()",
      "FormData.prototype.get.call({}, 'a')",
    ],
    ...[
      "f.set('new', 'x'), [...f]",
      "f.append('x', null), f.append('x', undefined), [...f]",
      "f.append('x', { toString: () => 's' }), f.get('x')",
    ],
    ...[
      "FormData.prototype.entries === FormData.prototype[Symbol.iterator]",
      "f.append('f', new File([], 'n')), f.get('f') === f.get('f')",
    ],
  ];
  expectSameAsNode(calls, {
    wrap: (call) => `(() => { const f = new FormData(); f.append("a", "1"); f.append("b", "2");
      f.append("a", "3"); return [${call}]; })()`,
  });
});

test("R5: the boundary of a form comes from the numbers of the run", () => {
  const code = `(() => { const f = new FormData(); f.append("a\\n", "1\\n2"); f.append("b", new File(["x"], 'q"'));
    const r = new Request("http://h", { method: "PUT", body: f }); return [...r.headers].join() })()`;
  const [one, other] = [newRealm(), newRealm()];
  expect(one.text(code)).toMatch(
    /^content-type,multipart\/form-data; boundary=----formdata-everstep-[0-9a-f]{24}$/,
  );
  expect(other.text(code)).toBe(newRealm().text(code));
  expect(one.text(code)).not.toBe(other.text("Math.random(), " + code));
  expect(one.draws).toBe(48);
});

test("SG-13: files and blobs as in Node", () => {
  const blobs = [
    ...[
      "new Blob()",
      "new Blob([])",
      "new Blob(['a', 'é', '\\ud800'])",
      "new Blob([new Uint8Array([255, 104]), new ArrayBuffer(1)])",
    ],
    ...[
      "new Blob(['x'], { type: 'Text/PLAIN' })",
      "new Blob(['x'], { type: 'ü' })",
      "new Blob('x')",
      "new Blob(5)",
      "new Blob(null)",
    ],
    ...[
      "new Blob([1, null, undefined, {}])",
      "new Blob([new Blob(['in']), 'out'])",
      "new Blob(new Set(['a', 'b']))",
      "new Blob({})",
    ],
    ...[
      "new Blob(['\\ufeffmark'])",
      "new Blob(['a\\r\\nb'])",
      "new Blob(['x'], null)",
      "new Blob([new DataView(new ArrayBuffer(2), 1)])",
    ],
    ...[
      "new Blob(['hello']).slice(1, 3)",
      "new Blob(['hello']).slice(-2)",
      "new Blob(['hello']).slice(1, 3, 'A/B')",
      "new Blob(['hello']).slice(9)",
    ],
    ...[
      "new Blob(['hello']).slice(3, 1)",
      "new Blob(['x'], { type: 'a/b' }).slice()",
      "new Blob(['x'], 5)",
      "Blob(['x'])",
      "new Blob([new Uint16Array([1])])",
    ],
  ];
  expectSameAsNode(blobs, {
    wrap: (blob) => `(async () => { const b = ${blob};
      return [b.size, b.type, await b.text(), [...new Uint8Array(await b.arrayBuffer())], String(b)]; })()`,
    except: { "new Blob(['x'], 5)": '[1,"","x",[120],"[object Blob]"]' },
  });
  expectSameAsNode([
    "(() => { const f = new File(['x'], 'n', { type: 'T/t', lastModified: 5 }); return [f.name, f.type, f.lastModified, f.size, String(f)] })()",
    "new File(['x'])",
    "new File()",
    "new File([], 5).name",
    "new File([], '\\ud800').name",
    "new File([], 'a/b').name",
    "new File([], 'n', { lastModified: new Date(7) }).lastModified",
    "new File([], 'n') instanceof Blob",
    "new File(['abc'], 'n').slice(1) instanceof File",
    "File.name + File.length",
    "Blob.name + Blob.length",
  ]);
  expect(newRealm({ time: 77 }).text("new File([], 'n').lastModified")).toBe("77");
});

/** Addresses, headers, messages and forms: as in Node, but for what only steps can do. */
import { expectSameAsNode } from "./compare";
import { newRealm } from "./realm-script";

const quoted = (text: string) => JSON.stringify(text);

const ADDRESSES = [
  ...[
    "http://example.com",
    "HTTP://User:Pass@EXAMPLE.com:80/a/../b?x=1#y",
    "https://a:443/",
    "https://a:444",
  ],
  ...[
    "file:///C|/x/../y",
    "data:text/plain,hello world",
    "mailto:a@b.c",
    "javascript:alert(1)",
    "about:blank",
  ],
  ...[
    "http://ex ample.com",
    "http://",
    "",
    " http://a.b ",
    "//no-base",
    "/no-base",
    "http://[::1]:3000/p",
  ],
  ...[
    "http://1.2.3",
    "http://0x7f.1",
    "http://256.1.1.1",
    "http://xn--nxasmq6b/",
    "http://bücher.de/ä?ö=ü#ß",
  ],
  ...[
    "http://a/%zz%41?%zz=%41",
    "http://a/b c?d e#f g",
    "http://a/\ud800",
    "http://a\\b\\c",
    "ws://a:80/",
    "blob:http://a/b",
  ],
  ...[
    "non-special:/a/b/../c",
    "non-special:opaque path",
    "http://a:99999/",
    "http://a:/",
    "http://@/",
    "http://a/?a=1&a=2&b",
  ],
];

const BASES = ["http://host/dir/file?q#h", "file:///a/b", "mailto:x", "not a base"];
const RELATIVE = ["x", "../x", "/x", "?y", "#z", "//other/x", "", "http:x", ".", "a:b", "\\x"];

const SHOW = `(url) => ({ ...Object.fromEntries(["href", "origin", "protocol", "username", "password",
  "host", "hostname", "port", "pathname", "search", "hash"].map((part) => [part, url[part]])),
  json: JSON.stringify(url), text: String(url), params: [...url.searchParams] })`;

test("SG-11: addresses are parsed as in Node", () => {
  expectSameAsNode(ADDRESSES.map(quoted), { wrap: (url) => `(${SHOW})(new URL(${url}))` });
  const related = BASES.flatMap((base) => RELATIVE.map((path) => [quoted(path), quoted(base)]));
  expectSameAsNode(related.map(([path, base]) => `(${SHOW})(new URL(${path}, ${base}))`));
  expectSameAsNode(related.map(([path, base]) => `URL.canParse(${path}, ${base})`));
  expectSameAsNode(ADDRESSES.map((address) => `URL.canParse(${quoted(address)})`));
});

test("SG-11: parts of an address are set as in Node", () => {
  const starts = ["http://u:p@a.b:81/c/d?e=f#g", "mailto:x@y", "file:///a/b"];
  const parts: Record<string, string[]> = {
    href: ["https://new/", "nonsense", ""],
    protocol: ["https", "ftp:", "mailto", "1x", ""],
    username: ["n:n", "", "ü"],
    password: ["@", ""],
    host: ["x", "x:90", "", "a b", "x/y"],
    hostname: ["x:90", "é.com", ""],
    port: ["80", "8080x", "", "99999", "x"],
    pathname: ["x", "/y?z#w", "", "a b"],
    search: ["a=b", "?", "", "?ä#"],
    hash: ["x", "#", "", "# y"],
  };
  const snippets = Object.entries(parts).flatMap(([part, values]) =>
    values.flatMap((value) =>
      starts.map(
        (start) =>
          `(() => { const url = new URL(${quoted(start)}); url.searchParams;
            url.${part} = ${quoted(value)}; return (${SHOW})(url); })()`,
      ),
    ),
  );
  expectSameAsNode(snippets);
});

test("SG-11: the query of an address is alive", () => {
  const changes = [
    ...[
      "p.append('x', 'a b')",
      "p.delete('a')",
      "p.set('a', '%&=+')",
      "p.sort()",
      "u.search = '?n=1'",
    ],
    ...[
      "u.href = 'http://z/?m=2'",
      "p.delete('a', '1')",
      "p.delete('a', undefined)",
      "u.search = ''",
    ],
    ...[
      "for (const [k] of p) p.delete(k)",
      "for (const k of ['a', 'b', 'c']) p.delete(k)",
      "p.append('', '')",
    ],
    ...[
      "u.searchParams === p || p.append('other', 'view')",
      "u.hash = '#h'; p.set('b', '')",
      "p.append('\\ud800', '~!*')",
    ],
  ];
  expectSameAsNode(
    changes.map(
      (change) => `(() => { const u = new URL("http://h/?a=1&b=2&a=3"), p = u.searchParams;
        ${change}; return [u.href, u.search, String(p), p.size, [...p]]; })()`,
    ),
  );
});

test("SG-11: URLSearchParams takes and gives what it does in Node", () => {
  const inits = [
    ...[
      "",
      "?a=1&b=2",
      "??a",
      "&&a&&=b&c=",
      "a=%F0%9F%98%80+%2B%zz%e4",
      "a=b=c",
      "%00=\u0000",
      "a;b",
    ].map(quoted),
    ...[
      "undefined",
      "null",
      "5",
      "{ a: 1, b: undefined }",
      "[['a', 'b'], ['a', 'c']]",
      "[['a']]",
      "[1]",
    ],
    ...[
      "new Map([['x', 'y']])",
      "new URLSearchParams('a=1')",
      "[new Set(['k', 'v'])]",
      "['ab']",
      "true",
      "[]",
    ],
    ...[
      "{ [Symbol.iterator]: 5 }",
      "function () {}",
      "Symbol()",
      "{ [Symbol()]: 1 }",
      "Object.create({ a: 1 })",
    ],
    ...[
      "{ '\\ud800': '\\udfff' }",
      "{ get a() { return 'g' } }",
      "new (class extends URLSearchParams {})('s=1')",
    ],
  ];
  expectSameAsNode(inits, {
    wrap: (init) => `(() => { const p = new URLSearchParams(${init});
      return [[...p], String(p), p.size, p.get("a"), p.getAll("a"), p.has("a"), p.has("a", "1"),
        [...p.keys()], [...p.values()], Object.prototype.toString.call(p)]; })()`,
    // The standard says so; Node takes null for nothing.
    except: {
      null: '[[["null",""]],"null=",1,null,[],false,false,["null"],[""],"[object URLSearchParams]"]',
      "{ [Symbol()]: 1 }": '[[],"",0,null,[],false,false,[],[],"[object URLSearchParams]"]',
    },
  });
  const calls = ["p.get()", "p.set('x')", "p.append()", "p.forEach()", "p.has()", "p.forEach(5)"];
  expectSameAsNode([
    ...calls.map((call) => `(() => { const p = new URLSearchParams("a=1"); return [${call}]; })()`),
    "URLSearchParams.prototype.get.call({}, 'a')",
    "URLSearchParams('a')",
    "new URLSearchParams('b=1&a=2&c=3&a=1').sort()",
    "(() => { const seen = []; new URLSearchParams('a=1').forEach(function (...x) { seen.push(this.t, x.length, x[0], x[1]) }, { t: 9 }); return seen })()",
    "Object.prototype.toString.call(new URLSearchParams().entries().next())",
    "URLSearchParams.prototype[Symbol.iterator] === URLSearchParams.prototype.entries",
    "(() => { const p = new URLSearchParams('z=1&\\ufb03=2&\\ud83c\\udf08=3&a=4'); p.sort(); return String(p) })()",
  ]);
});

test("SG-11: classes of addresses have the shape they have in Node", () => {
  expectSameAsNode([
    "URL('http://a')",
    "new URL()",
    "URL.name + URL.length",
    "URLSearchParams.name + URLSearchParams.length",

    "Object.keys(new URL('http://a'))",
    "URL.canParse.length",
    "(() => { 'use strict'; new URL('http://a').origin = 'x' })()",
    "URL.prototype.href",

    "new URL('http://a') + ''",
    "new URL(new URL('http://a/b'))",
    "new URL({ toString: () => 'http://t/' })",
    "JSON.stringify({ u: new URL('http://a') })",
    "(() => { try { new URL('x') } catch (e) { return [e.code, e.input, e instanceof TypeError] } })()",
    "new (class Mine extends URL {})('http://a').href",
    "new URL('http://a') instanceof Object",
  ]);
  const realm = newRealm();
  expect(realm.text("URL.parse('x')")).toBe("null");
  expect(realm.text("URL.parse('x', 'http://a').href")).toBe("http://a/x");
});

test("SG-11: Headers are made as in Node", () => {
  const inits = [
    ...[
      "undefined",
      "{}",
      "{ A: '1', b: ' x ' }",
      "[['a', '1'], ['A', '2']]",
      "null",
      "5",
      "[['a']]",
      "[['a','b','c']]",
    ],
    ...[
      "{ 'a b': '1' }",
      "{ a: 'x\\ny' }",
      "{ a: '\\u0100' }",
      "{ a: '\\xff' }",
      "{ '': '1' }",
      "{ a: undefined }",
    ],
    ...[
      "new Headers({ a: '1' })",
      "new Map([['m', '1']])",
      "[['set-cookie', 'a'], ['Set-Cookie', 'b'], ['x', 'y']]",
    ],
    ...[
      "{ z: '1', a: '2', M: '3' }",
      "{ a: '\\t\\n v \\r\\n' }",
      "'a'",
      "{ [Symbol.iterator]: null }",
      "{ a: { toString: () => 't' } }",
    ],
    ...[
      "{ 'a\\u0100': 'x' }",
      "{ a: '' }",
      "[['a', 'b'].values()]",
      "[new Set(['a', 'b'])]",
      "{ constructor: 'x' }",
    ],
  ];
  expectSameAsNode(inits, {
    wrap: (init) => `(() => { const h = new Headers(${init});
      return [[...h], h.get("a"), h.has("A"), h.getSetCookie(), [...h.keys()], [...h.values()]]; })()`,
    except: { "{ [Symbol.iterator]: null }": "[[],null,false,[],[],[]]" },
  });
});

test("SG-11: the methods of Headers as in Node", () => {
  const calls = [
    ...[
      "h.append('A', '3'), h.get('a')",
      "h.set('a', 'n'), [...h]",
      "h.delete('A'), [...h]",
      "h.get('x y')",
      "h.set('a')",
    ],
    ...[
      "h.append('set-cookie', 'c=1'), h.append('set-cookie', 'd=2'), [...h]",
      "h.get('set-cookie')",
      "h.has('')",
    ],
    ...[
      "h.forEach((v, k, o) => { if (o !== h) throw 1 })",
      "Headers.prototype.entries === Headers.prototype[Symbol.iterator]",
    ],
    ...[
      "Object.prototype.toString.call(h)",
      "h.append('a')",
      "h.get()",
      "Headers.prototype.get.call({}, 'a')",
      "Headers()",
      "h.forEach(1)",
    ],
    ...[
      "(() => { const seen = []; for (const [k] of h) { seen.push(k); if (k === 'a') h.append('c', '9') } return seen })()",
    ],
    ...[
      "h.set('a', 'x\\0')",
      "h.append('b', 'y\\rz')",
      "h.set('set-cookie', 'only'), h.getSetCookie()",
    ],
    ...["h.delete('set-cookie'), h.delete('nope'), [...h]", "h.get('constructor')"],
  ];
  expectSameAsNode(calls, {
    wrap: (call) => `(() => { const h = new Headers({ b: "2", a: "1" }); return [${call}]; })()`,
  });
});

/** Text and bytes: encoders, decoders, base64 and hex, as in Node. */
import { expectSameAsNode } from "./compare";
import { newRealm } from "./realm-script";

const LABELS = [
  ...[
    "utf-8",
    "UTF8",
    " utf-8\\n",
    "unicode-1-1-utf-8",
    "utf-16le",
    "utf-16",
    "ucs-2",
    "latin1",
    "ascii",
  ],
  ...[
    "iso-8859-1",
    "windows-1252",
    "us-ascii",
    "x-cp1252",
    "iso8859-1",
    "l1",
    "csunicode",
    "utf-16\\t",
  ],
  ...["", "nonsense", "utf-7", "utf 8", "\\0utf-8", "\\u00a0utf-8", "UTF-16LE"],
];

/** Bytes that are fine, broken, cut off or marked. */
const BYTES = [
  ...[
    "",
    "61",
    "c3a9",
    "e282ac",
    "f09f9880",
    "efbbbf61",
    "efbbbfefbbbf61",
    "61efbbbf",
    "fffe6100",
    "feff0061",
  ],
  ...[
    "c3",
    "e282",
    "f09f98",
    "80",
    "c080",
    "c1bf",
    "e08080",
    "eda080",
    "edbfbf",
    "f08080af",
    "f4908080",
    "f5",
    "ff",
    "fe",
  ],
  ...[
    "c361",
    "e28261",
    "f09f9861",
    "f09f61",
    "e2e282ac",
    "f0c3a9",
    "6180c361ff62",
    "f48fbfbf",
    "efbfbd",
    "00",
    "efbb",
    "ef",
  ],
  ...[
    "3dd800de",
    "00d8",
    "00dc",
    "00d800d8",
    "00dc00d8",
    "00d86100",
    "610062",
    "3dd8",
    "fffefffe6100",
    "80",
    "9f8081a0ff",
  ],
];

const bytes = (hex: string) => `new Uint8Array([${hex.replace(/../g, "0x$&,")}])`;

test("SG-11: the labels of TextDecoder", () => {
  expectSameAsNode(LABELS, {
    wrap: (label) => `(() => { const d = new TextDecoder("${label}");
      return [d.encoding, d.fatal, d.ignoreBOM, String(d)]; })()`,
  });
  expectSameAsNode(
    [
      "undefined",
      "'utf-8', undefined",
      "'utf-8', {}",
      "'utf-8', null",
      "'utf-8', { fatal: 1, ignoreBOM: 'x' }",
    ],
    {
      wrap: (args) =>
        `(() => { const d = new TextDecoder(${args}); return [d.encoding, d.fatal, d.ignoreBOM]; })()`,
    },
  );
  const realm = newRealm();
  expect(
    realm.text("(() => { try { new TextDecoder('x') } catch (e) { return [e.name, e.code] } })()"),
  ).toBe('["RangeError","ERR_ENCODING_NOT_SUPPORTED"]');
});

test.each(["utf-8", "utf-16le"])("SG-11: bytes are decoded from %s as in Node", (label) => {
  const options = [
    "{}",
    "{ fatal: true }",
    "{ ignoreBOM: true }",
    "{ fatal: true, ignoreBOM: true }",
  ];
  const snippets = BYTES.flatMap((hex) =>
    options.map((option) => `${bytes(hex)}).concat(), ${option}`),
  );
  expectSameAsNode(
    snippets.map((snippet) => snippet.replace(").concat()", "")),
    {
      wrap: (args) =>
        `((bytes, options) => escape(new TextDecoder("${label}", options).decode(bytes)))(${args})`,
    },
  );
});

test("SG-11: every byte of Latin 1 is the character that the standard says", () => {
  const special = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
  const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
  const expected = all.slice(0, 128) + special + all.slice(160);
  const code = "new TextDecoder('latin1').decode(new Uint8Array(256).map((_, at) => at))";
  expect(newRealm().text(code)).toBe(expected);
});

test.each(["utf-8", "utf-16le"])("SG-11: %s is decoded in pieces as in Node", (label) => {
  const snippets = BYTES.flatMap((hex) =>
    ["{}", "{ fatal: true }", "{ ignoreBOM: true }"].map((options) => `${bytes(hex)}, ${options}`),
  );
  expectSameAsNode(snippets, {
    wrap: (args) => `((bytes, options) => {
      const decoder = new TextDecoder("${label}", options), texts = [];
      for (const byte of bytes) texts.push(escape(decoder.decode(new Uint8Array([byte]), { stream: true })));
      texts.push(escape(decoder.decode()));
      return [...texts, escape(decoder.decode(bytes))];
    })(${args})`,
  });
});

test("SG-11: TextDecoder takes what it takes in Node", () => {
  const inputs = [
    ...[
      "undefined",
      "new ArrayBuffer(2)",
      "new DataView(new ArrayBuffer(4), 1, 2)",
      "new Uint16Array([0x6161])",
    ],
    ...[
      "null",
      "'text'",
      "5",
      "{}",
      "[97]",
      "new Uint8Array([0, 97, 98]).subarray(1)",
      "new Float64Array(0)",
    ],
  ];
  expectSameAsNode(inputs, { wrap: (input) => `new TextDecoder().decode(${input})` });
  expectSameAsNode([
    "TextDecoder()",
    "TextDecoder.prototype.decode.call({})",
    "TextDecoder.length",
    "Object.prototype.toString.call(new TextDecoder())",
    "new TextDecoder().decode(new Uint8Array([97]), null)",
    "new TextDecoder().decode(new Uint8Array([97]), {})",
  ]);
});

test("SG-11: text is encoded as in Node", () => {
  const texts = [
    "''",
    "'aé€😀'",
    "'\\ud800'",
    "'\\udc00\\ud800'",
    "'a\\ud83d'",
    "undefined",
    "null",
    "5",
    "{}",
    "'\\u0000\\u007f\\u0080\\u07ff\\u0800\\uffff'",
  ];
  expectSameAsNode(texts, { wrap: (text) => `[...new TextEncoder().encode(${text})]` });
  const into = texts.flatMap((text) => [0, 1, 2, 3, 4, 5, 20].map((room) => `${text}, ${room}`));
  expectSameAsNode(
    into.filter((args) => !/^(undefined|null|5|\{\})/.test(args)),
    {
      wrap: (args) => `((text, room) => { const bytes = new Uint8Array(room);
      return [new TextEncoder().encodeInto(text, bytes), [...bytes]]; })(${args})`,
    },
  );
  expectSameAsNode([
    "new TextEncoder().encoding",
    "new TextEncoder().encodeInto('a', [])",
    "new TextEncoder().encode(Symbol())",
    "TextEncoder()",
    "Object.prototype.toString.call(new TextEncoder())",
    "[...new TextEncoder().encode()]",
    "new TextEncoder().encode('x') instanceof Uint8Array",
    "new TextEncoder().encodeInto('a', new Uint16Array(2))",
  ]);
});

test("SG-11: atob and btoa as in Node", () => {
  const encoded = [
    ...[
      "",
      "YQ==",
      "YWI=",
      "YWJj",
      "YQ",
      "YWI",
      "Y",
      "YQ=",
      "YQ===",
      "=",
      "==",
      " Y Q = = ",
      "Y\\tQ\\n=\\f=\\r",
      "YR==",
      "Y-_=",
    ],
    ...[
      "////",
      "++++",
      "-_-_",
      "YQ==YQ==",
      "YWJjZA",
      "Y=Q=",
      "ü",
      "a b c d",
      "\\u00a0",
      "\\u000bYQ==",
      "AAAA",
      "/w==",
      "/x==",
    ],
  ].map((text) => `"${text}"`);
  const odd = ["null", "undefined", "5", "{ toString: () => 'YQ==' }", "[]", "true", "12.5"];
  expectSameAsNode([...encoded, ...odd], { wrap: (text) => `escape(atob(${text}))` });
  const plain = ["''", "'a'", "'ab'", "'abc'", "'\\xff\\x00'", "'\\u0100'", "'😀'", ...odd, "'é'"];
  expectSameAsNode(plain, { wrap: (text) => `btoa(${text})` });
  expectSameAsNode([
    "(() => { try { btoa('\\u0100') } catch (e) { return [e.name, e.code, e instanceof DOMException] } })()",
    "(() => { try { atob('Y') } catch (e) { return [e.name, e.code, e instanceof DOMException] } })()",
  ]);
  expect(newRealm().text("atob(Symbol())")).toMatch(/^thrown TypeError/);
});

/** Answers of the standard: only the newest line of Node has these methods itself. */
const TEXT_OF_BYTES: [code: string, answer: string][] = [
  ["new Uint8Array([255, 254, 253]).toBase64()", "//79"],
  ["new Uint8Array([255, 254]).toBase64({ alphabet: 'base64url' })", "__4="],
  ["new Uint8Array([255]).toBase64({ omitPadding: true })", "_w".replace("_", "/")],
  ["new Uint8Array([1, 2, 255]).toHex()", "0102ff"],
  ["new Uint8Array([0, 1, 2, 3]).subarray(1, 3).toHex()", "0102"],
  ["[...Uint8Array.fromHex('0aFF')]", "[10,255]"],
  ["Uint8Array.fromHex('abc')", "thrown SyntaxError"],
  ["Uint8Array.fromHex('0g')", "thrown SyntaxError"],
  ["Uint8Array.fromHex(5)", "thrown TypeError"],
  ["[...Uint8Array.fromBase64(' YW Jj\\n')]", "[97,98,99]"],
  ["[...Uint8Array.fromBase64('YQ')]", "[97]"],
  ["[...Uint8Array.fromBase64('YR==')]", "[97]"],
  ["Uint8Array.fromBase64('YR==', { lastChunkHandling: 'strict' })", "thrown SyntaxError"],
  ["Uint8Array.fromBase64('YQ', { lastChunkHandling: 'strict' })", "thrown SyntaxError"],
  [
    "[...Uint8Array.fromBase64('YWJjYQ', { lastChunkHandling: 'stop-before-partial' })]",
    "[97,98,99]",
  ],
  [
    "[...Uint8Array.fromBase64('YWJjYQ=', { lastChunkHandling: 'stop-before-partial' })]",
    "[97,98,99]",
  ],
  ["Uint8Array.fromBase64('Y')", "thrown SyntaxError"],
  ["Uint8Array.fromBase64('YQ=')", "thrown SyntaxError"],
  ["Uint8Array.fromBase64('YQ==', { alphabet: 'x' })", "thrown TypeError"],
  ["Uint8Array.fromBase64('YQ==', { lastChunkHandling: {} })", "thrown TypeError"],
  ["Uint8Array.fromBase64('-_-_')", "thrown SyntaxError"],
  ["[...Uint8Array.fromBase64('-_-_', { alphabet: 'base64url' })]", "[251,255,191]"],
  ["Uint8Array.fromBase64(null)", "thrown TypeError"],
  ["Uint8Array.fromBase64('', 5)", "thrown TypeError"],
  [
    "(() => { const b = new Uint8Array(4); return [b.setFromBase64('YWJjZGU='), [...b]] })()",
    '[{"read":4,"written":3},[97,98,99,0]]',
  ],
  [
    "(() => { const b = new Uint8Array(5); return [b.setFromBase64('YWJjZGU='), [...b]] })()",
    '[{"read":8,"written":5},[97,98,99,100,101]]',
  ],
  [
    "(() => { const b = new Uint8Array(0); return b.setFromBase64('!!!!') })()",
    '{"read":0,"written":0}',
  ],
  [
    "(() => { const b = new Uint8Array(6); try { b.setFromBase64('YWJj!') } catch (e) { return [e.name, [...b]] } })()",
    '["SyntaxError",[97,98,99,0,0,0]]',
  ],
  [
    "(() => { const b = new Uint8Array(2); return [b.setFromHex('aabbcc'), [...b]] })()",
    '[{"read":4,"written":2},[170,187]]',
  ],
  [
    "(() => { const b = new Uint8Array(3); try { b.setFromHex('aaxx') } catch (e) { return [e.name, [...b]] } })()",
    '["SyntaxError",[170,0,0]]',
  ],
  ["(() => { const b = new Uint8Array(3); return b.setFromHex('abc') })()", "thrown SyntaxError"],
  ["Uint8Array.prototype.toHex.call(new Uint8ClampedArray(1))", "thrown TypeError"],
  ["Uint8Array.prototype.toBase64.call({})", "thrown TypeError"],
  [
    "[Uint8Array.fromBase64.length, Uint8Array.fromHex.length, Uint8Array.prototype.toBase64.length, Uint8Array.prototype.toHex.length, Uint8Array.prototype.setFromBase64.length]",
    "[1,1,0,0,1]",
  ],
  ["Object.keys(Uint8Array.prototype).length + Object.keys(Uint8Array).length", "0"],
];

test.each(TEXT_OF_BYTES)("SG-11: %s", (code, answer) => {
  const text = newRealm().text(code);
  expect(answer.startsWith("thrown") ? text.split(":")[0] : text).toBe(answer);
});

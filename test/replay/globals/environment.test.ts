/** `process.env`: each variable is asked of the host, which records the answer (R5, SG-10). */
import { newRealm } from "./realm-script";

const environment = { HOME: "/root", EMPTY: "", toString: "own", "with space": "x" };

test("SG-10: a variable has the value of the host, and one that is not set has none", () => {
  const realm = newRealm({ environment });
  expect(realm.text("process.env.HOME")).toBe("/root");
  expect(realm.text("JSON.stringify([process.env.EMPTY, typeof process.env.NONE])")).toBe(
    '["","undefined"]',
  );
  expect(realm.text("process.env['with space']")).toBe("x");
  expect(realm.text("(({ HOME, NONE = 'usual' }) => HOME + NONE)(process.env)")).toBe("/rootusual");
});

test("R5: each look asks the host, which answers from its record", () => {
  const realm = newRealm({ environment });
  realm.run("process.env.HOME; process.env.HOME; process.env.NONE; 'EMPTY' in process.env");
  expect(realm.read).toEqual(["HOME", "HOME", "NONE", "EMPTY"]);
  expect(realm.text("delete globalThis.process, typeof process")).toBe("undefined");
});

test("SG-10: names that no variable should have do not reach the host", () => {
  const realm = newRealm({ environment });
  realm.run(
    "process.env[Symbol.iterator]; process.env.constructor; process.env.__proto__; String(process.env)",
  );
  expect(realm.read).toEqual([]);
  expect(realm.text("typeof process.env.toString")).toBe("function");
  expect(realm.text("process.env.hasOwnProperty('HOME')")).toBe("true");
});

test("SG-10: `in` and own properties say whether it is set", () => {
  const realm = newRealm({ environment });
  expect(realm.text("['HOME' in process.env, 'EMPTY' in process.env, 'NONE' in process.env]")).toBe(
    "[true,true,false]",
  );
  expect(realm.text("Object.getOwnPropertyDescriptor(process.env, 'HOME')")).toBe(
    '{"value":"/root","writable":false,"enumerable":true,"configurable":true}',
  );
  expect(realm.text("Object.getOwnPropertyDescriptor(process.env, 'NONE')")).toBe("undefined");
  expect(realm.text("Object.hasOwn(process.env, 'HOME')")).toBe("true");
});

test("SG-10: a list of them has those that were read and are set", () => {
  const realm = newRealm({ environment });
  expect(realm.text("Object.keys(process.env)")).toBe("[]");
  realm.run("process.env.HOME; process.env.NONE; process.env.EMPTY");
  expect(realm.text("Object.keys(process.env)")).toBe('["HOME","EMPTY"]');
  expect(realm.text("({ ...process.env })")).toBe('{"HOME":"/root","EMPTY":""}');
  expect(realm.text("JSON.stringify(process.env)")).toBe('{"HOME":"/root","EMPTY":""}');
  expect(
    realm.text(
      "(() => { const names = []; for (const name in process.env) names.push(name); return names })()",
    ),
  ).toBe('["HOME","EMPTY"]');
});

test("SG-10: it cannot be changed", () => {
  const realm = newRealm({ environment });
  expect(realm.text("(process.env.HOME = 'x', process.env.HOME)")).toBe("/root");
  expect(realm.text("delete process.env.HOME")).toBe("false");
  const strict = [
    ...["process.env.HOME = 'x'", "process.env.NEW = 'x'", "delete process.env.HOME"],
    ...[
      "Object.defineProperty(process.env, 'NEW', { value: 1 })",
      "Object.setPrototypeOf(process.env, null)",
    ],
    ...["Object.preventExtensions(process.env)", "Object.freeze(process.env)", "process.env = {}"],
  ];
  for (const change of strict) {
    expect([change, realm.text(`(() => { "use strict"; ${change} })()`).slice(0, 17)]).toEqual([
      change,
      "thrown TypeError:",
    ]);
  }
  expect(realm.text("[process.env.HOME, process.env.NEW]")).toBe('["/root",null]');
});

test("SG-10: `process` has no other member", () => {
  const realm = newRealm({ environment });
  expect(realm.text("Reflect.ownKeys(process)")).toBe('["env"]');
  for (const member of [
    "exit",
    "cwd",
    "pid",
    "platform",
    "nextTick",
    "hrtime",
    "version",
    "binding",
    "mainModule",
  ]) {
    expect(realm.text(`typeof process.${member}`)).toBe("undefined");
  }
  expect(realm.text("process.constructor === Object && process === globalThis.process")).toBe(
    "true",
  );
});

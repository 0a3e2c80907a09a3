/** Ways out of the realm: none of them leads to an object or a function of the host (R2). */
import { textsUnder } from "./child-process";
import { newRealm } from "./realm-script";

/** Whether a value belongs to the realm: its chain of prototypes ends where those of the realm end. */
const IS_OURS = `(() => {
  const { getPrototypeOf } = Reflect, root = Object.prototype;
  return (value) => {
    if (Object(value) !== value) return true;
    let last = value, links = 0;
    for (let next = value; next !== null; next = getPrototypeOf(next), links++) last = next;
    // An object without a prototype belongs to nobody; what it holds is looked at on its own.
    return last === root || links === 1 || (links === 2 && last.constructor === undefined);
  };
})()`;

/**
 * Everything that properties, prototypes and getters lead to, as paths; `visit` sees each once.
 *
 * Own symbols of promises are left out: up to Node 22, a host that uses AsyncLocalStorage has its
 * numbers and its store put on every promise of the process. The globals cannot prevent that.
 */
const WALK = `((visit, starts = [["globalThis", globalThis]]) => {
  const seen = new Set(), todo = [];
  const add = (path, value) => {
    if (Object(value) !== value || seen.has(value)) return;
    seen.add(value);
    todo.push([path, value]);
  };
  for (const [path, value] of starts) add(path, value);
  while (todo.length > 0) {
    const [path, object] = todo.pop();
    visit(path, object);
    add(path + ".__proto__", Reflect.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      if (object instanceof Promise && typeof key === "symbol") continue;
      const name = path + "." + String(key);
      const property = Reflect.getOwnPropertyDescriptor(object, key);
      if (property === undefined) continue;
      add(name + "=get", property.get);
      add(name + "=set", property.set);
      try { add(name, object[key]); } catch (error) { add(name + "!", error); }
    }
  }
  return seen.size;
})`;

/** One of each class, so that their private insides are walked as well. */
const INSTANCES = `[new URL("http://a/?b"), new URL("http://a/?b").searchParams, new Headers({ a: "b" }),
  new Request("http://a", { method: "PUT", body: "x" }), new Response("x"), new Response("x").body,
  new FormData(), new Blob(["x"]), new File(["x"], "n"), new TextEncoder(), new TextDecoder(),
  new DOMException("m"), new Intl.DateTimeFormat(), new Intl.NumberFormat(), new Date(), new Error("m"),
  crypto.subtle.digest("SHA-1", new Uint8Array(1)), new Headers({ a: "b" }).entries(), process.env,
  new URLSearchParams("a").keys(), performance, crypto.getRandomValues(new Uint8Array(1)), console,
  structuredClone({ a: new Map() }), (async () => {})(), (function* () {})(), fetch("x").catch((e) => e)]
  .map((value, at) => ["instance " + at, value])`;

test("R2: everything that can be reached belongs to the realm", () => {
  const realm = newRealm();
  const report = JSON.parse(
    realm.text(`(() => {
      const isOurs = ${IS_OURS}, strange = [];
      const visit = (path, value) => { if (!isOurs(value)) strange.push(path); };
      const count = ${WALK}(visit, [["globalThis", globalThis], ...${INSTANCES}]);
      return { count, strange };
    })()`),
  ) as { count: number; strange: string[] };
  expect(report.strange).toEqual([]);
  expect(report.count).toBeGreaterThan(900);
});

test("R2: the constructor of every function is one of the realm's guarded four", () => {
  const realm = newRealm();
  const strange = realm.text(`(() => {
    const kinds = [function () {}, async function () {}, function* () {}, async function* () {}];
    const makers = new Set(kinds.map((fn) => fn.constructor)), strange = [];
    ${WALK}((path, value) => {
      if (typeof value !== "function") return;
      let maker = value;
      while (!Object.hasOwn(maker, "constructor") || typeof maker.constructor !== "function" ||
        !makers.has(maker.constructor)) {
        maker = Reflect.getPrototypeOf(maker);
        if (maker === null) return void strange.push(path);
      }
    }, [["globalThis", globalThis], ...${INSTANCES}]);
    for (const maker of makers) {
      try { maker("import('x')"); strange.push("open: " + maker.name); } catch {}
      if (maker("return typeof process.exit").name !== "anonymous") strange.push(maker.name);
    }
    return strange;
  })()`);
  expect(strange).toBe("[]");
});

test("R2: what every function returns or throws belongs to the realm", () => {
  const [text] = textsUnder({}, [
    `(() => {
      const isOurs = ${IS_OURS}, strange = [], functions = [];
      ${WALK}((path, value) => { if (typeof value === "function") functions.push([path, value]); },
        [["globalThis", globalThis], ...${INSTANCES}]);
      const { apply, construct } = Reflect, swallow = Promise.prototype.then;
      const look = (path, call) => {
        let value;
        try { value = call(); } catch (error) { value = error; }
        if (!isOurs(value)) strange.push(path);
        if (value instanceof Promise) apply(swallow, value, [look.bind(null, path), (e) => {
          if (!isOurs(e)) strange.push(path + " later"); }]);
      };
      const receivers = [undefined, globalThis, {}, "text"];
      for (const [path, fn] of functions) {
        if (/Array\\.prototype|freeze|seal|preventExtensions|setPrototypeOf|__proto__|RegExp\\$/.test(path)) continue;
        for (const receiver of receivers) look(path, () => apply(fn, receiver, []));
        look("new " + path, () => construct(fn, []));
        look(path + "(Symbol)", () => apply(fn, undefined, [Symbol.iterator, Symbol.iterator]));
      }
      return { count: functions.length, strange };
    })()`,
  ]);
  const report = JSON.parse(text!) as { count: number; strange: string[] };
  expect(report.strange).toEqual([]);
  expect(report.count).toBeGreaterThan(700);
});

const PROCESS = "return typeof process === 'object' ? typeof process.exit : 'no process'";

test.each([
  ...[
    "this",
    "globalThis",
    "console",
    "console.log",
    "process",
    "process.env",
    "fetch",
    "crypto.subtle",
  ],
  ...[
    "new URL('http://a')",
    "Date",
    "Math.random",
    "(() => {})",
    "(async () => {})",
    "(function* () {})",
  ],
  ...[
    "new Error()",
    "Reflect",
    "Intl.DateTimeFormat",
    "structuredClone({})",
    "process.env.HOME",
    "Object",
  ],
])("R2: %s.constructor.constructor stays in the realm", (start) => {
  const realm = newRealm({ environment: { HOME: "/root" } });
  const code = `${start}.constructor.constructor(${JSON.stringify(PROCESS)})`;
  expect(
    realm.text(`(() => { try { const f = ${code}; return f.next ? f.next().value : f(); }
    catch (e) { return e instanceof Error ? "undefined" : "strange" } })()`),
  ).toBe("undefined");
});

/** Each calls the host, or makes an error, with next to no stack left. */
const AT_THE_EDGE = [
  ...[
    "Date.now()",
    "new Date()",
    "Date()",
    "Math.random()",
    "crypto.randomUUID()",
    "process.env.A",
    "'A' in process.env",
  ],
  ...[
    "console.log(1, { a: [1] })",
    "console.error(new Error('x'))",
    "console.table([{ a: 1 }])",
    "new URL('http://a/b')",
  ],
  ...[
    "URL.canParse('x')",
    "performance.now()",
    "new Intl.DateTimeFormat().format()",
    "crypto.getRandomValues(new Uint8Array(3))",
  ],
  ...[
    "structuredClone({ a: [1] })",
    "new Date().toLocaleString()",
    "new File([], 'a')",
    "eval('1+')",
    "Function('return 1')()",
  ],
  ...[
    "setTimeout(1)",
    "queueMicrotask(() => 1)",
    "new DOMException('x')",
    "new Request('http://h', { method: 'PUT', body: new FormData() })",
  ],
  ...[
    "(() => { const u = new URL('http://a'); u.host = 'b'; return u })()",
    "new Error('x')",
    "null.x",
    "new Headers({ a: 1 })",
  ],
];

test.each(AT_THE_EDGE)("R2: at the end of the stack, %s throws errors of the realm", (call) => {
  const realm = newRealm({ environment: { A: "1" } });
  const strange = realm.text(`(() => {
    let strange = 0, times = 0;
    const look = (value) => {
      if (Object(value) === value && !(value instanceof Object)) strange++;
    };
    const fall = () => {
      try { fall(); } catch (error) { look(error); }
      if (times++ > 300) return;
      try { look(${call}); } catch (error) { look(error); }
    };
    fall();
    return [strange, times > 300];
  })()`);
  expect(strange).toBe("[0,true]");
});

test("R2: a host that throws is heard, but not seen", () => {
  const realm = newRealm();
  Object.defineProperty(realm, "time", {
    get: () => {
      throw new RangeError("of the host");
    },
  });
  const look = (code: string) =>
    realm.text(
      `(() => { try { return ${code} } catch (e) { return [e instanceof Error, e.name, e.message] } })()`,
    );
  expect(look("Date.now()")).toBe('[true,"RangeError","of the host"]');
  expect(look("new Date()")).toBe('[true,"RangeError","of the host"]');
  expect(realm.text("(console.time('x'), 1)")).toBe("1");
});

test("S1: call sites tell nothing but places", () => {
  const realm = newRealm();
  const report = realm.text(`(() => {
    "sloppy";
    let sites;
    Error.prepareStackTrace = (error, given) => { sites = given; return "mine"; };
    const receiver = { secret: 1, run() { return new Error("x").stack; } };
    const stack = receiver.run.call(receiver);
    const site = sites[0];
    const told = Object.getOwnPropertyNames(Object.getPrototypeOf(site)).filter((name) => name !== "constructor")
      .filter((name) => Object(site[name]()) === site[name]());
    return [stack, Array.isArray(sites), site instanceof Object, told, site.getThis(), site.getFunction(),
      site.getFileName(), site.getEvalOrigin(), site.isEval(), typeof site.getLineNumber(), String(site)];
  })()`);
  expect(JSON.parse(report)).toEqual([
    ...["mine", true, true, [], null, null, "everstep-bundle-test.js", null, false, "number"],
    expect.stringMatching(/^run \(everstep-bundle-test\.js:\d+:\d+\)$/),
  ]);
});

test("S2: the makers of stacks cannot be replaced by ones that see more", () => {
  const realm = newRealm();
  expect(
    realm.text("Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace').configurable"),
  ).toBe("false");
  expect(realm.text("(globalThis.Error = class {}, Error.name)")).toBe("Error");
  expect(
    realm.text("Reflect.defineProperty(Error, 'prepareStackTrace', { value: (e, s) => s })"),
  ).toBe("false");
  expect(realm.text("Reflect.defineProperty(globalThis, 'Error', { value: 5 })")).toBe("false");
  expect(
    realm.text(`(() => { const old = Error.prepareStackTrace; Error.prepareStackTrace = (e, s) => s.length >= 1;
      const mine = new Error().stack; Error.prepareStackTrace = old; return [mine, typeof new Error().stack] })()`),
  ).toBe('[true,"string"]');
  expect(
    realm.text(`(() => { const sites = Error.prepareStackTrace(new Error("m"), [{ getFileName: () => "everstep-bundle-test.js",
      getFunctionName: () => ({}), getLineNumber: () => 1, getColumnNumber: () => 2, isAsync: () => 1, isConstructor: () => 1 }]);
      return sites })()`),
  ).toBe("Error: m\n    at everstep-bundle-test.js:1:2");
});

test("R2: functions that the globals call cannot look back at their callers", () => {
  const realm = newRealm();
  const found = realm.text(`(() => {
    const found = [];
    function spy() {
      try { if (spy.caller) found.push("caller " + spy.caller.name); } catch {}
      try { if (arguments.callee.caller) found.push("callee " + arguments.callee.caller.name); } catch {}
      return "http://a/";
    }
    // Strict functions do not show up as callers, so that what is found is not of this test.
    const quiet = (result) => function () { "use strict"; spy(); return result; };
    const sly = Object.defineProperties({ toString: spy, [Symbol.toPrimitive]: spy }, {
      name: { get: quiet("TypeError") }, stack: { get: quiet("s") } });
    const trap = new Proxy({}, { get: spy, ownKeys: quiet([]), getPrototypeOf: quiet(null) });
    const calls = [() => new URL(sly), () => new Headers({ a: sly }), () => console.log(sly, "%s", trap, trap),
      () => new Date(sly), () => Date.parse(sly), () => btoa(sly), () => structuredClone(trap), () => new Blob([sly]),
      () => new URLSearchParams(sly), () => new Request(sly, trap), () => console.count(sly), 
      () => new TextDecoder(sly), () => crypto.subtle.digest(sly, new Uint8Array(1)).catch(() => 1), () => new DOMException(sly),
      () => Response.redirect(sly), () => new Intl.DateTimeFormat(undefined, trap), () => Function(sly),
      () => console.error(Object.assign(new Error(), { name: sly })), () => new Headers().forEach(spy)];
    for (const call of calls) try { call(); } catch {}
    return found;
  })()`);
  expect(found).toBe("[]");
});

test("R2: strange receivers and arguments get errors of the realm", () => {
  const realm = newRealm();
  const strange = realm.text(`(() => {
    const strange = [], evil = new Proxy(function () {}, Object.fromEntries(Reflect.ownKeys(Reflect)
      .filter((name) => typeof name === "string").map((name) => [name, () => { throw new RangeError(name) }])));
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    ${WALK}((path, fn) => {
      if (typeof fn !== "function" || !/console|crypto|URL|Headers|Date|Intl|fetch|atob|Text|Blob/.test(path)) return;
      for (const value of [evil, proxy]) {
        for (const call of [() => Reflect.apply(fn, value, []), () => Reflect.apply(fn, undefined, [value, value]),
          () => Reflect.construct(fn, [value])]) {
          try { const out = call(); if (out instanceof Promise) out.catch(() => 1); } catch (error) {
            if (!(error instanceof Error)) strange.push(path);
          }
        }
      }
    });
    return strange;
  })()`);
  expect(strange).toBe("[]");
});

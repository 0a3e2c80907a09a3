/** What a workflow cannot have: modules of Node, native addons and files that are no code. */
import { builtinModules } from "node:module";

/** A specifier that is Node's own: `fs`, `node:fs`, `fs/promises`; never `some-package/fs`. */
export const BUILTIN_SPECIFIER = builtinPattern();

/** A file that esbuild could not read or would not turn into code. */
export const ASSET_SPECIFIER =
  /\.(?:node|wasm|css|scss|sass|less|styl|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot|mp[34]|webm|pdf)$/;

export function refusalOf(specifier: string): string {
  if (specifier.endsWith(".node")) {
    return `Cannot use the native addon "${specifier}" in workflow functions. Move this module to a step function.`;
  }
  if (ASSET_SPECIFIER.test(specifier)) {
    return `Cannot use "${specifier}" in workflow functions: it is not code. Move this import to a step function.`;
  }
  return `Cannot use Node.js module "${specifier}" in workflow functions. Move this module to a step function.`;
}

/**
 * The module that stands in where a package uses one of them: it can be loaded, read, extended and
 * handed around, and throws when it is called. Old packages call a few functions of `util` while
 * they load; those do what can be done without Node.
 *
 * The prototype is a second proxy, since esbuild copies a module's own names into an object that
 * inherits from the module's prototype; it has an end, or `instanceof` would never return.
 */
export const STUB_FACTORY = `module.exports = function (text) {
  "use strict";
  var wrap = function (fn) { return fn; };
  var harmless = {
    inherits: function (child, parent) { Object.setPrototypeOf(child.prototype, parent.prototype); },
    deprecate: wrap,
    promisify: function () { return make(); },
    callbackify: function () { return make(); },
    debuglog: function () { return make(); },
  };
  function refuse() { throw new Error(text); }
  function make() {
    var parts = new Map();
    var inherited = new Proxy(function () { "use strict"; }, { get: get, apply: refuse, construct: refuse });
    function get(target, key) {
      if (typeof key === "symbol") return getSymbol(key);
      if (key === "then" || key === "toJSON" || key === "__esModule") return undefined;
      if (key === "default") return self;
      if (Object.hasOwn(harmless, key)) return harmless[key];
      if (!parts.has(key)) parts.set(key, make());
      return parts.get(key);
    }
    function getOwn(target, key) {
      var isSet = Object.hasOwn(target, key) && key !== "name" && key !== "length" && key !== "prototype";
      return isSet ? Reflect.get(target, key) : get(target, key);
    }
    var self = new Proxy(function () { "use strict"; }, {
      get: getOwn,
      getPrototypeOf: function () { return inherited; },
      apply: refuse,
      construct: refuse,
    });
    return self;
  }
  function getSymbol(key) {
    if (key === Symbol.toPrimitive) return function (hint) { return hint === "number" ? NaN : text; };
    if (key === Symbol.iterator) return function () { return [][Symbol.iterator](); };
    return undefined;
  }
  return make();
};
`;

function builtinPattern(): RegExp {
  const names = builtinModules.filter((name) => !name.startsWith("_") && !name.startsWith("node:"));
  return new RegExp(`^(?:node:.+|${names.join("|")})$`);
}

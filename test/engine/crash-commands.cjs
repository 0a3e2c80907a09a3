/**
 * The commands by which the Redis world writes, those of BullMQ among them: each is a point at which
 * the process may be killed, before it is sent, or when its answer is there and nobody has seen it. So
 * a kill also comes between two commands of one call.
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { Redis } = require("ioredis");

/** What is no script, and writes. Those that wait for jobs are not here: they never end. */
const WRITES = new Set(["hmset", "hset", "publish", "setnx", "srem"]);
const READS_ONLY = /^#!lua flags=\S*no-writes/;

/** `reached(site)` is called before each such command, and gives what is to be called after it. */
function watchCommands(dist, reached) {
  const names = scriptNames(dist);
  const seen = new WeakSet();
  const { sendCommand } = Redis.prototype;
  Redis.prototype.sendCommand = function (command, ...rest) {
    const site = siteOf(command, names);
    // What waits for a connection comes by again.
    if (site !== null && !seen.has(command)) {
      seen.add(command);
      command.promise.then(reached(`redis.${site}`), () => undefined);
    }
    return sendCommand.call(this, command, ...rest);
  };
}

/** Null for what only reads. */
function siteOf({ name, args }, names) {
  if (name === "evalsha") return nameOf(String(args[0]), names);
  if (name === "eval") return nameOf(createHash("sha1").update(args[0]).digest("hex"), names);
  return WRITES.has(name) ? name : null;
}

function nameOf(sha, names) {
  return names.has(sha) ? names.get(sha) : "bullmq";
}

/** Of the world's own scripts; null for one that only reads. */
function scriptNames(dist) {
  const folder = path.join(dist, "redis-world/scripts");
  const files = fs.readdirSync(folder).filter((file) => file.endsWith(".js"));
  const names = new Map();
  for (const file of files) {
    for (const [name, script] of Object.entries(require(path.join(folder, file)))) {
      if (!script.sha) continue;
      names.set(script.sha, READS_ONLY.test(script.text) ? null : name);
    }
  }
  return names;
}

module.exports = { watchCommands };

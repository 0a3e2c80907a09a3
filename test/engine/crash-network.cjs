/**
 * A world that says when it is written to: each call that stores something is a point at which the
 * process may be killed, before it is made, or after it was done and before its answer is there.
 */
const WRITES = {
  runs: ["create", "append", "cancel", "reopen", "purge"],
  inbox: ["send"],
  hooks: ["reserve"],
  dispatch: ["openSession", "closeSession", "claim", "release", "strike"],
  bundles: ["put"],
  streams: ["write", "close"],
  followUps: ["atEnd", "take", "done"],
  permits: ["enter", "leave", "admit"],
};

/** `reached(site)` is called before each such call, and gives what is to be called after it. */
function watched(world, reached) {
  const groups = Object.entries(WRITES).map(([name, methods]) => [
    name,
    watchedGroup(world[name], methods, (method) => reached(`${name}.${method}`)),
  ]);
  return { ...world, ...Object.fromEntries(groups) };
}

function watchedGroup(group, methods, reached) {
  return new Proxy(group, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (!methods.includes(name)) return member.bind(target);
      return async (...args) => {
        const done = reached(name);
        const answer = await Reflect.apply(member, target, args);
        done();
        return answer;
      };
    },
  });
}

module.exports = { watched };

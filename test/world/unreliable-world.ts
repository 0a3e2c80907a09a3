/** Worlds as networks make them: late, out of order, heard twice. */
import type { WorkListener, World } from "../../lib/contract/world";
import { seededNumbers } from "../seeded-numbers";

type Call = (...args: unknown[]) => unknown;
type Decorate = (call: Call, name: string) => Call;

/** Calls that mean the same when they are made again (W8). */
const REPEATABLE = new Set([
  "create",
  "append",
  "cancel",
  "reopen",
  "atEnd",
  "reserve",
  "put",
  "close",
  "done",
  "openSession",
  "claim",
  "release",
  ...["share", "enter", "leave", "admit"],
]);

/** Every call starts late and is answered late, so that calls overtake each other. */
export function delayed(world: World, seed: number): World {
  const next = seededNumbers(seed);
  const pause = () => new Promise((resolve) => setTimeout(resolve, next(4)));
  return decorated(world, (call) => async (...args) => {
    await pause();
    const answer = await call(...args);
    await pause();
    return answer;
  });
}

/** The answer to each call is lost; the caller makes it again, and hears the second one. */
export function repeated(world: World): World {
  return decorated(world, (call, name) => async (...args) => {
    const [, message] = args as [unknown, { id?: string } | undefined];
    const isRepeatable = REPEATABLE.has(name) || (name === "send" && message?.id !== undefined);
    const answer = await call(...args);
    return isRepeatable ? call(...args) : answer;
  });
}

/** Of all calls, some never get there, and of some the answer is lost: the caller hears an error. */
export function failing(world: World, seed: number): World {
  const next = seededNumbers(seed);
  return decorated(world, (call, name) => async (...args) => {
    // A world that cannot be opened is an error at boot, and nothing that is tried again.
    const fate = name === "start" || name === "close" ? 100 : next(100);
    if (fate < 12) throw new Error("The network is down (call lost)");
    const answer = await call(...args);
    if (fate < 24) throw new Error("The network is down (answer lost)");
    return answer;
  });
}

/** Whoever listens hears everything twice, of runs that nothing has happened to as well. */
export function ringing(world: World): World {
  const dispatch = new Proxy(world.dispatch, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (name !== "listen") return typeof member === "function" ? member.bind(target) : member;
      return (listener: WorkListener) =>
        target.listen({
          onNews(runId) {
            for (const about of [runId, null]) listener.onNews(about);
            return listener.onNews(runId);
          },
          onParked(runId, parked) {
            listener.onParked?.(runId, parked);
            listener.onParked?.(runId, parked);
          },
          onDue() {
            void listener.onDue();
            return listener.onDue();
          },
        });
    },
  });
  return { ...world, dispatch };
}

function decorated(world: World, decorate: Decorate): World {
  const groups = Object.entries(world).map(([name, member]) => {
    if (typeof member === "function") return [name, decorate(member.bind(world) as Call, name)];
    if (name === "thread") return [name, member];
    return [name, typeof member === "object" ? decoratedGroup(member as object, decorate) : member];
  });
  return Object.fromEntries(groups) as World;
}

function decoratedGroup(group: object, decorate: Decorate): object {
  return new Proxy(group, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function" || isImmediate(String(name))) {
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      }
      return decorate(member.bind(target) as Call, String(name));
    },
  });
}

/** These answer at once, and ask nobody. */
function isImmediate(name: string): boolean {
  return name.startsWith("listen") || name === "newId";
}

/** A world whose calls pass through a function, which may count, hold back or replace them. */
import type { World } from "../contract/world";

export interface WorldCall {
  /** `runs.append` */
  name: string;
  args: readonly unknown[];
  make: () => Promise<unknown>;
}

export type Around = (call: WorldCall) => Promise<unknown>;

type Method = (...args: unknown[]) => unknown;

const GROUPS = [
  ...(["runs", "inbox", "hooks", "dispatch", "bundles", "streams", "followUps"] as const),
];

export function wrapWorld(world: World, around: Around): World {
  const groups = GROUPS.map((group) => [group, wrapGroup(world[group], group, around)]);
  const own = wrapGroup(world, "", around);
  const { permits } = world;
  return {
    ...(permits && { permits: wrapGroup(permits, "permits", around) }),
    ...(Object.fromEntries(groups) as Pick<World, (typeof GROUPS)[number]>),
    name: world.name,
    start: () => own.start(),
    close: () => own.close(),
    now: () => own.now(),
  };
}

function wrapGroup<T extends object>(target: T, group: string, around: Around): T {
  const methods = new Map<PropertyKey, Method>();
  return new Proxy(target, {
    get(_target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      let method = methods.get(name);
      if (!method) {
        method = wrapMethod(member.bind(target) as Method, String(name), group, around);
        methods.set(name, method);
      }
      return method;
    },
  });
}

function wrapMethod(method: Method, name: string, group: string, around: Around): Method {
  // These answer at once, and ask nobody.
  if (name.startsWith("listen") || name === "newId") return method;
  const fullName = `${group}.${name}`;
  return (...args) =>
    around({ name: fullName, args, make: () => method(...args) as Promise<unknown> });
}

/** A world of which a test changes some calls: they are held, counted, or fail. */
import type { World } from "../../lib/contract/world";

type Part = "runs" | "inbox" | "dispatch" | "bundles" | "streams";

/** All that `change` does not name stays as it is. */
export function changed<P extends Part>(
  world: World,
  part: P,
  change: (inner: World[P]) => Partial<World[P]>,
): World {
  const inner: World[P] = world[part];
  const own = change(inner);
  const proxy = new Proxy(inner, {
    get(target, name) {
      if (name in own) return Reflect.get(own, name) as unknown;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  return { ...world, [part]: proxy };
}

/** Leases that have to be renewed every 100 ms, which the embedded world does not ask for. */
export function withShortLease(world: World): World {
  return changed(world, "dispatch", () => ({ leaseMs: 300 }));
}

/** Holds a call until the test opens it. */
export class Gate {
  isReached = false;
  open: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  pass(): Promise<void> {
    this.isReached = true;
    return this.opened;
  }
}

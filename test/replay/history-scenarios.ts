/** What the recorded histories are about. A scenario may be added; one that is recorded stays. */
import type { WorldOptions } from "./world";

interface Scenario {
  source: string;
  script: WorldOptions;
}

const STEPS = `
import { createHook, createWebhook, defineHook, getWorkflowMetadata, sleep } from "everstep";
export async function work(value: unknown) { "use step"; return value }
export async function fail(message: string) { "use step"; throw new Error(message) }
`;

const steps = {
  work: (value: unknown) => value,
  fail: (message: string) => {
    throw Object.assign(new TypeError(message), { code: "E_FAIL", details: { at: 1 } });
  },
};

export const HISTORY_SCENARIOS: Record<string, Scenario> = {
  "steps-and-values": {
    source: `${STEPS}
      export async function order(input: any) {
        "use workflow";
        const rich = await work({ when: new Date(0), n: 10n, map: new Map([["a", new Set([1])]]) });
        const nested = async () => { "use step"; return input };
        const plain = await work([1, "two", null, { three: 3 }]);
        const failed = await fail("no").catch((error) => [error.name, error.message, error.cause.code]);
        return { rich, plain, failed, input, meta: getWorkflowMetadata() };
      }`,
    script: { args: [{ a: [undefined, -0, NaN] }], steps },
  },
  "sleeps-and-races": {
    source: `${STEPS}
      export async function order() {
        "use workflow";
        const seen: unknown[] = [Date.now(), Math.random(), crypto.randomUUID()];
        for (let n = 0; n < 3; n++) {
          const winner = await Promise.race([work(n), sleep(10 * n + 5).then(() => "late")]);
          seen.push(winner, Date.now());
        }
        using pause = sleep("1 month");
        await sleep(new Date(Date.now() + 1000));
        seen.push(process.env.REGION);
        await Promise.allSettled([sleep("2s", { name: "named" }), fail("x"), work("y")]);
        return seen;
      }`,
    script: { steps, stepMs: (_, nth) => [20, 3, 18, 1][nth] ?? 2 },
  },
  hooks: {
    source: `${STEPS}
      const approval = defineHook<{ ok: boolean }>();
      export async function order(id: string) {
        "use workflow";
        const seen: unknown[] = [];
        const events = createHook<number>({ token: "events:" + id, metadata: { id } });
        const asked = approval.create();
        seen.push(await events.getConflict(), events.token, asked.token);
        for await (const each of events) { seen.push(each); if (seen.length === 6) break }
        seen.push(await Promise.race([asked, sleep("1h")]));
        events.dispose();
        const webhook = createWebhook({ token: "web" });
        return [seen, webhook.url, await webhook];
      }`,
    script: {
      args: ["42"],
      steps,
      onHook: (hook, world) => {
        for (let n = 0; n < 4; n++) world.send(hook, n, n * 10);
      },
    },
  },
  failure: {
    source: `${STEPS}
      const helper = async (n: number): Promise<never> => {
        await work(n);
        throw new RangeError("too far", { cause: new Error("deep") });
      };
      export async function order() {
        "use workflow";
        try { await helper(1) } finally { await work("last") }
      }`,
    script: { steps },
  },
};

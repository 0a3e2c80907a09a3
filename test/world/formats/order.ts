import { sleep, createHook } from "everstep";
export async function add(a: number, b: number) {
  "use step";
  return { sum: a + b, at: new Date(0), seen: new Map([["a", a]]) };
}
export async function order(n: number) {
  "use workflow";
  const first = await add(n, 1);
  const chance = Math.random();
  using approval = createHook<{ ok: boolean }>({ token: `approval-${n}` });
  const other = createHook<string>();
  await sleep("1 day");
  const { ok } = await approval;
  const rest = await Promise.all([add(first.sum, 10), add(first.sum, 20)]);
  const text = await Promise.race([other, sleep("30 days").then(() => "late")]);
  return { sums: rest.map(({ sum }) => sum), ok, text, chance, seen: first.seen.get("a") };
}

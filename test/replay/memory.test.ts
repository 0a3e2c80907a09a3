/** Contexts come and go with runs: what is dropped leaves nothing behind (I10, P9). */
import { isDeep } from "../toolchain/install";
import { runChild } from "./child-driver";
import { workflowId } from "./world";

const COUNT = isDeep ? 100_000 : 5_000;

const SOURCE = `
export async function work(n: number) { "use step"; return n }
export async function order() { "use workflow"; return Promise.race([work(1), work(2)]) }
`;

const DRIVER = `
const rss = [];
(async () => {
  for (let n = 1; n <= COUNT; n++) {
    const context = begin(WORKFLOW);
    if (context.takeCommands().length !== 2) throw new Error("not suspended");
    if (n % 50 === 0) await new Promise(setImmediate);
    if (n % (COUNT / 10) === 0) { gc(); rss.push(process.memoryUsage().rss) }
  }
  console.log(JSON.stringify(rss));
})();
`;

test(`memory is flat over ${COUNT} contexts`, async () => {
  const constants = { WORKFLOW: workflowId("order"), COUNT };
  const flags = ["--expose-gc"];
  const output = await runChild({ source: SOURCE, driver: DRIVER, constants, flags });
  const rss = JSON.parse(output) as number[];
  // The first tenths fill caches, and each sample has what the collector has not come to yet. A leak
  // of a twentieth of a context would be seen.
  const growth = (Math.min(...rss.slice(7)) - Math.min(...rss.slice(2, 5))) / (COUNT * 0.5);
  expect(growth).toBeLessThan(10_000);
}, 900_000);

// A worker of bench/redis.mjs: another process on the same Redis. One that `waits` begins when it
// is told to.
import { openRedisApp } from "./redis-app.mjs";

const { url, prefix, waits = false } = JSON.parse(process.argv[2]);
const app = openRedisApp({ url, prefix });
const told = () => new Promise((resolve) => process.once("message", resolve));
if (waits) {
  process.send("waits");
  await told();
}
await app.runtime.start();
process.send("ready");
await told();
await app.close();
process.exit();

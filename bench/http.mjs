// Requests a second of a route that calls `start()`, beside one that writes a row to a database of the
// same kind; and the round trip of a webhook, beside a route that stores the body. Express 5 in a
// process of its own, on the embedded world.
import { fork } from "node:child_process";
import { Agent, request } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { printRatio, printVersions } from "./report.mjs";

const SAMPLES = Number(process.env.SAMPLES ?? 7);
const REQUESTS = 1_000;
const AT_ONCE = 16;
const TRIPS = 200;
const WEBHOOK = "/.well-known/workflow/v1/webhook/bench";

printVersions();
const folder = path.dirname(fileURLToPath(import.meta.url));
const server = fork(path.join(folder, "http-server.mjs"), { stdio: "inherit" });
const port = await new Promise((resolve) => server.once("message", resolve));
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
await requests("/start");
await compareRoutes("a route that starts a run", "/start");
await compareRoutes("a route that starts a run for later", "/start-later");
await compareTrips();
agent.destroy();
server.kill("SIGKILL");

function send(route, body = '{"a":1}') {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": body.length };
    const options = { port, path: route, method: "POST", headers, agent };
    const sent = request(options, (response) => {
      response.resume().once("end", () => {
        if (response.statusCode < 300) resolve();
        else reject(new Error(`${route} answered ${response.statusCode}`));
      });
    });
    sent.once("error", reject).end(body);
  });
}

/** Milliseconds for all of them, so many at once. */
async function requests(route) {
  let left = REQUESTS;
  const began = performance.now();
  const lane = async () => {
    while (left-- > 0) await send(route);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return performance.now() - began;
}

/** Milliseconds of one request, with nothing beside it. */
async function trip(route) {
  const took = [];
  for (let n = 0; n < TRIPS; n++) {
    const began = performance.now();
    await send(route);
    took.push(performance.now() - began);
  }
  return median(took);
}

async function compareRoutes(name, route) {
  const [ours, bare] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    bare.push(await requests("/row"));
    ours.push(await requests(route));
    // What was started is over before something else is measured.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  const rate = (times) => times.map((ms) => Math.round((REQUESTS / ms) * 1000)).join(", ");
  console.log(`\n${name}: ${rate(ours)} requests a second; one that writes a row: ${rate(bare)}`);
  printRatio(name, ours, bare, 2);
}

async function compareTrips() {
  const [ours, bare] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    bare.push(await trip("/body"));
    ours.push(await trip(WEBHOOK));
  }
  const list = (values) => values.map((value) => value.toFixed(2)).join(", ");
  console.log(`\nA webhook with a static reply: ${list(ours)} ms; a stored body: ${list(bare)}`);
  printRatio("the round trip of a webhook", ours, bare, 2);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

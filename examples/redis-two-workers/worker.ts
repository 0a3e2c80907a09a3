import { createRuntime } from "everstep/runtime";

// In a project of its own the workflows are in workflows/ and need not be named.
const runtime = createRuntime({ workflows: ["examples/redis-two-workers/workflows"] });
await runtime.start();
process.send?.("ready");

#!/usr/bin/env node
import { runCli } from "./run-cli";

void runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  cwd: process.cwd(),
  env: process.env,
}).then((exitCode) => {
  process.exitCode = exitCode;
});

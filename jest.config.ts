/** @jest-config-loader esbuild-register */
import { availableParallelism } from "node:os";
import type { Config } from "jest";

const config: Config = {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testEnvironment: "node",
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/test/.*/app/"],
  testTimeout: 60_000,
  // Never in the process of Jest itself: what test files leave behind adds up, a worker is replaced.
  // More than there are cores: many tests wait for leases and for other processes.
  maxWorkers: Math.max(3, availableParallelism() - 1),
  workerIdleMemoryLimit: "500MB",
};

export default config;

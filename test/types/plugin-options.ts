// Checked by `npm run types`; nothing here runs.
import everstep, { type EverstepPluginOptions, type Mode } from "../../babel-plugin/index";

export const none: EverstepPluginOptions = {};
export const each: EverstepPluginOptions[] = [
  { mode: "host" },
  { mode: "step" },
  { mode: "client" },
  { mode: "workflow" },
  { root: "/app" },
];
export const modes: readonly Mode[] = ["host", "step", "client", "workflow"];

// @ts-expect-error: no such mode
export const unknownMode: EverstepPluginOptions = { mode: "server" };

// @ts-expect-error: no such option
export const unknownOption: EverstepPluginOptions = { projectRoot: "/app" };

// @ts-expect-error: a path
export const wrongRoot: EverstepPluginOptions = { root: true };

export const name: string = everstep({}).name;
everstep({}, { mode: "client" });

// @ts-expect-error: Babel gives its API first
everstep();

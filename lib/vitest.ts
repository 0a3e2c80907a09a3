export { everstep, everstep as default } from "./build/vite-plugin";
export type { EverstepVitePlugin, EverstepViteOptions } from "./build/vite-plugin";

export { WORLD_CHECKS } from "./conformance";
export type { Check } from "./conformance/check";
export type * from "./contract/event";
export type * from "./contract/run";
export type * from "./contract/follow-ups";
export type * from "./contract/permits";
export type * from "./contract/step-offers";
export type * from "./contract/world";

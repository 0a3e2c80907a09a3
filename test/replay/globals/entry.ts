/** What the tests' realm script consists of; scripts/build.mjs bundles the real one the same way. */
export { hintFor } from "../../../lib/replay/globals/hints";
export { adoptRun, installGlobals } from "../../../lib/replay/globals/install";

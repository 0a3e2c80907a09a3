/** `node --import everstep/register app.ts`: TypeScript and directives without a build step. */
import { installHooks } from "./build/register/install";

installHooks();

/** `defineHook`: a kind of hook with one type, and maybe a schema that checks payloads at the door. */
import type { DefinedHook, DefineHook } from "../../contract/workflow-api";
import { sited } from "../realm/call-site";
import type { HookCalls } from "./hook";

/** The schema is not looked at in a workflow: what it makes of a payload is what is stored. */
export function createDefineHook(hooks: HookCalls): DefineHook {
  return sited((site) => {
    const defineHook = (): DefinedHook => ({
      create: (options = {}) => hooks.open(site, options),
      resume() {
        throw new Error(
          "`defineHook().resume()` can only be called from external contexts (e.g. API routes).",
        );
      },
    });
    return defineHook as DefineHook;
  });
}

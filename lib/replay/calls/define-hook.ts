/** `defineHook`: a kind of hook with one type, and maybe a schema that checks payloads at the door. */
import { wrongPlace } from "../../contract/wrong-place";
import type { DefineHook, TypedHook } from "../../contract/workflow-api";
import { sited } from "../realm/call-site";
import type { HookCalls } from "./hook";

/** The schema is not looked at in a workflow: what it makes of a payload is what is stored. */
export function createDefineHook(hooks: HookCalls): DefineHook {
  return sited((site) => {
    const defineHook = (): TypedHook => ({
      create: (options) => hooks.open(site, options),
      resume() {
        throw wrongPlace(
          "`defineHook().resume()` can only be called from external contexts (e.g. API routes).",
        );
      },
    });
    return defineHook as DefineHook;
  });
}

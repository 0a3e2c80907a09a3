/** `defineHook`: a kind of hook with one type, a name, and maybe a schema for its payloads. */
import { readDefinition } from "../../contract/hook-definition";
import { wrongPlace } from "../../contract/wrong-place";
import type { DefineHook, TypedHook, TypedHookOptions } from "../../contract/workflow-api";
import { sited } from "../realm/call-site";
import type { HookCalls } from "./hook";
import { optionText } from "./options";

export function createDefineHook(hooks: HookCalls): DefineHook {
  return sited((site) => {
    const defineHook = (given?: unknown): TypedHook => {
      const { schema, ...texts } = readDefinition(given);
      const name = optionText(texts.name, "The `name` of a hook");
      const label = optionText(texts.label, "The `label` of a hook");
      const create = (options?: TypedHookOptions) =>
        hooks.open<unknown>(site, options, { name, label, schema });
      return {
        create,
        wait: create,
        resume() {
          throw wrongPlace(
            "`defineHook().resume()` can only be called from external contexts (e.g. API routes).",
          );
        },
      };
    };
    return defineHook as DefineHook;
  });
}

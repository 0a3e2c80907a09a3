/**
 * Decides from the text alone whether a file can concern the compiler. It may say yes too often,
 * never no too often: what it lets pass is not looked at, so a large tree costs next to nothing.
 */
import type { Mode } from "./options";

// One edit cannot damage both halves of a directive, so one half of it is always intact.
const DIRECTIVE_OR_ONE_EDIT_AWAY =
  /["'](?:use [^\n]{3,5}|[^\n]{3,5}step|use wo[^\n]{5,7}|[^\n]{5,7}rkflow)["']/;
const SERIALIZABLE_CLASS = /workflow-serialize|WORKFLOW_SERIALIZE/;
const SITED_CALL = /\b(?:sleep|createHook|createWebhook|defineHook)\b/;

export function mayConcernCompiler(code: string, mode: Mode): boolean {
  return (
    DIRECTIVE_OR_ONE_EDIT_AWAY.test(code) ||
    SERIALIZABLE_CLASS.test(code) ||
    (mode === "workflow" && SITED_CALL.test(code))
  );
}

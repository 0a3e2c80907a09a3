/**
 * `defineHook` outside of workflows: payloads are checked, and made what the schema makes of them,
 * before anything is stored.
 */
import { HookPayloadError } from "../contract/error";
import { readDefinition } from "../contract/hook-definition";
import type { DeliveredPayload, ResumeRunOptions, WaitingPayload } from "../contract/open-hook";
import { standardOf, type StandardProps } from "../contract/standard-schema";
import type { DefineHook, TypedHook } from "../contract/workflow-api";
import { outside } from "../contract/wrong-place";
import { checkPayload } from "./payload-check";
import { sendPayload } from "./send-payload";

type Sent = Promise<DeliveredPayload | WaitingPayload>;

export const defineHook: DefineHook = <Input, Output>(definition?: unknown) => {
  const { schema, name } = readDefinition(definition);
  const standard = standardOf(schema);
  const create = () => {
    throw outside("defineHook().create()", "workflow");
  };
  const resume = async (token: string, payload: unknown, options: ResumeRunOptions = {}): Sent => {
    if (standard) {
      const value = await validated(standard, payload);
      return sendPayload(token, value, { ...options, isChecked: true });
    }
    if (schema !== undefined) checkPayload(JSON.stringify(schema), payload, textOf(name));
    return sendPayload(token, payload, options);
  };
  return { create, wait: create, resume } as TypedHook<Input, Output>;
};

async function validated({ validate }: StandardProps, payload: unknown): Promise<unknown> {
  const result = await validate(payload);
  if (!result.issues) return result.value;
  const { issues } = result;
  throw new HookPayloadError(JSON.stringify(issues, null, 2), issues, { isComplete: true });
}

function textOf(name: unknown): string | undefined {
  return typeof name === "string" ? name : undefined;
}

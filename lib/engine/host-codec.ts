/** The codec as the host uses it: steps and classes are those that the app's modules registered. */
import {
  type Codec,
  type CodecRealm,
  type CodecType,
  createCodec,
  type StoredStep,
  type WebClass,
} from "../codec/codec";
import { findRecord, type RegisteredFunction, registryRecords } from "../contract/registry";

/** `moreTypes` gives rows beyond the table's own: `hostTypes`. */
export function createHostCodec(moreTypes?: () => CodecType[]): Codec {
  return createCodec(hostRealm, moreTypes);
}

/** What steps with captures or a receiver were made from, so that they can travel on. */
const made = new WeakMap<object, StoredStep>();

const hostRealm: CodecRealm = {
  stepOf(fn) {
    const { stepId } = fn as RegisteredFunction;
    return made.get(fn) ?? (stepId === undefined ? null : { id: stepId });
  },
  makeStep(id, captured, receiver) {
    const step = findStep(id, captured ?? {});
    if (captured === undefined && receiver === undefined) return step;
    const own = step.bind(receiver as never);
    made.set(own, {
      id,
      ...(captured !== undefined && { captured }),
      ...(receiver !== undefined && { receiver }),
    });
    return own;
  },
  classIdOf(constructor) {
    const isIt = (record: { kind: string; fn: object }) =>
      record.kind === "class" && record.fn === constructor;
    return registryRecords().find(isIt)?.id ?? null;
  },
  classOf(id) {
    const record = findRecord(id);
    return record?.kind === "class" ? record.fn : null;
  },
  webClass: (name) => globalThis[name] as WebClass | undefined,
};

function findStep(id: string, captured: Record<string, unknown>): RegisteredFunction {
  const record = findRecord(id);
  if (record?.kind === "step") return record.fn;
  if (record?.kind === "closure") {
    const makeStep = record.fn as (this: unknown, captured: object) => RegisteredFunction;
    return makeStep.call(captured["this"], captured);
  }
  throw new Error(`Step function "${id}" not found. Make sure the step function is registered.`);
}

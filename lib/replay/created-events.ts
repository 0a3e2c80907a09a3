/** The events that commands become when a turn is committed, at the time of its last event. */
import type { Command } from "../contract/command";
import type { RunEvent, StepCreated } from "../contract/event";

export function eventOf(command: Command, at: number): RunEvent {
  switch (command.type) {
    case "step": {
      const { call, input, receiver, captured } = command;
      const event: StepCreated = { type: "step_created", at, call, input };
      if (receiver !== undefined) event.receiver = receiver;
      if (captured !== undefined) event.captured = captured;
      return event;
    }
    case "wait": {
      const { call, digest, dueAt } = command;
      return { type: "wait_created", at, call, digest, dueAt };
    }
    case "cancel_wait":
      return { type: "wait_cancelled", at, call: command.call };
    case "hook": {
      const { call, digest, token, options } = command;
      return { type: "hook_created", at, call, digest, token, options };
    }
    case "dispose_hook":
      return { type: "hook_disposed", at, call: command.call };
    case "child": {
      const { call, digest, runId } = command;
      return { type: "child_awaited", at, call, digest, runId };
    }
    case "read_environment":
      return { type: "environment_read", at, name: command.name, value: command.value };
  }
}

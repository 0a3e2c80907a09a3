/**
 * The bundle in development and tests: made in memory when it is first asked for, and again when a
 * source file has changed since. Nothing watches; whoever asks pays for a look at the files' times.
 */
import { openBuilder, resultOf, type WorkflowBuildOptions } from "./build-workflows";
import type { BuildResult } from "./workflow-builder";

export interface DevBundle {
  /** Throws a BuildError, again and again until the sources are in order. */
  current(): Promise<BuildResult>;
}

export function createDevBundle(options: WorkflowBuildOptions = {}): DevBundle {
  const builder = openBuilder(options, { keepsCompiled: true });
  let last: BuildResult | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function refresh(): Promise<BuildResult> {
    if (last && !builder.hasChanged()) return last;
    last = undefined;
    return (last = resultOf(await builder.build()));
  }

  return {
    current() {
      // One after the other, each with a look of its own: what was written before the question is
      // in the answer, even if a build was under way.
      const result = turn.then(refresh);
      turn = result.catch(() => {});
      return result;
    },
  };
}

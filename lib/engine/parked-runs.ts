/**
 * Runs that wait for code: a step that was not there, an option that made no sense, a format that was
 * too new. A process that has the code now takes them itself (P2, P6): if it only woke them, one that
 * lacks the code might get them, and park them again.
 */
import type { ErrorCode } from "../contract/error";
import { type RegistryRecord, registryRecords } from "../contract/registry";
import type { Parked, RunQuery, RunRecord } from "../contract/run";
import type { World } from "../contract/world";
import type { EngineParts } from "./engine-parts";
import { hasStep } from "./step-bodies";

/** What another version of the app, or of everstep, may have put right. */
const WAIT_FOR_CODE: readonly ErrorCode[] = [
  ...(["STEP_NOT_REGISTERED", "STEP_OPTION_INVALID", "CLASS_NOT_FOUND", "CLASS_THREW"] as const),
  "WORKFLOW_OPTION_INVALID",
  ...(["LOG_NOT_SUPPORTED", "BUNDLE_NOT_SUPPORTED", "VALUE_UNREADABLE"] as const),
];
const PAGE = 100;

/** Other processes may have parked runs for what is here, and this one may not have heard of it. */
const SWEEP_EVERY_MS = 300_000;

export class ParkedRuns {
  private length = 0;
  private last: RegistryRecord | undefined;
  /** What is to be woken, until that was done. */
  private readonly toWake = new Set<ErrorCode>();
  private sweptAt = 0;

  constructor(
    private readonly world: World,
    /** Has this process claim them. */
    private readonly adopt: (runIds: readonly string[]) => void,
    /** The bundle that runs of a workflow go on with, where that is not their own. */
    private readonly latestCode: EngineParts["latestCode"],
  ) {}

  /** For a process that has just begun to execute. */
  async wakeAll(): Promise<void> {
    this.isRegistryChanged();
    for (const code of WAIT_FOR_CODE) this.toWake.add(code);
    await this.wakeThose();
    if (this.latestCode) await this.moveToLatest(this.latestCode);
  }

  /** What ended the processes before this one may not have been these runs. */
  async wakeForNewProcess(): Promise<void> {
    this.toWake.add("RUN_MAKES_NO_PROGRESS");
    await this.wakeThose();
  }

  /** Modules may be loaded at any time, and their steps with them. */
  async wakeForNewSteps(): Promise<void> {
    const now = performance.now();
    if (this.isRegistryChanged() || now - this.sweptAt > SWEEP_EVERY_MS) {
      this.sweptAt = now;
      this.toWake.add("STEP_NOT_REGISTERED");
    }
    await this.wakeThose();
  }

  /** Somebody has just parked it. */
  hear(runId: string, parked: Parked): void {
    const isForStep = parked.code === "STEP_NOT_REGISTERED" && parked.about !== undefined;
    if (isForStep && hasStep(parked.about!)) this.adopt([runId]);
  }

  private async wakeThose(): Promise<void> {
    for (const code of this.toWake) {
      await this.wake(code);
      this.toWake.delete(code);
    }
  }

  /** Since it was asked the last time. */
  private isRegistryChanged(): boolean {
    const records = registryRecords();
    const last = records.at(-1);
    const isChanged = records.length !== this.length || last !== this.last;
    this.length = records.length;
    this.last = last;
    return isChanged;
  }

  private async wake(code: ErrorCode): Promise<void> {
    for await (const page of pagesOf(this.world, { parkedFor: code })) {
      const found = page.filter(mayGoOn).map(({ runId }) => runId);
      if (found.length > 0) this.adopt(found);
    }
  }

  /** Whoever edits the code wants to hear at once which runs it does not fit. */
  private async moveToLatest(latestOf: NonNullable<EngineParts["latestCode"]>): Promise<void> {
    for await (const page of pagesOf(this.world, { status: "running" })) {
      for (const { runId, workflow, bundle } of page) {
        const latest = await latestOf(workflow);
        if (latest !== null && latest !== bundle) this.adopt([runId]);
      }
    }
  }
}

async function* pagesOf(world: World, query: RunQuery): AsyncGenerator<RunRecord[]> {
  let cursor: string | null = null;
  do {
    const from = cursor === null ? {} : { cursor };
    const page = await world.runs.list({ ...query, ...from, limit: PAGE, isOldestFirst: true });
    yield page.data;
    ({ cursor } = page as { cursor: string | null });
  } while (cursor !== null);
}

function mayGoOn({ parked }: RunRecord): boolean {
  const isMissing = parked?.code === "STEP_NOT_REGISTERED" && parked.about !== undefined;
  return !isMissing || hasStep(parked.about!);
}

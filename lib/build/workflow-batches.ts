/** Which workflows are bundled together. A file stays in its batch for as long as it is built. */
import type { FileMetadata } from "../../babel-plugin/metadata";
import type { Project } from "./project";
import type { SourceCache } from "./source-cache";
import { WorkflowBatch } from "./workflow-batch";

/** More would make esbuild parse what they share more often than is won. */
const MOST_BATCHES = 3;
const FEWEST_FILES = 3;

export class WorkflowBatches {
  private batches: WorkflowBatch[] = [];
  private readonly assigned = new Map<string, WorkflowBatch>();
  private batchSize = FEWEST_FILES;

  constructor(
    private readonly project: Project,
    private readonly sources: SourceCache,
  ) {}

  begin(expectedFiles: number): void {
    this.batchSize = Math.max(FEWEST_FILES, Math.ceil(expectedFiles / MOST_BATCHES));
    for (const batch of this.batches) batch.begin();
  }

  /** Returns a batch that this file has filled, so that it can be started. */
  add(file: string, { workflows }: FileMetadata): WorkflowBatch | undefined {
    if (workflows.length === 0) return undefined;
    const known = this.assigned.get(file);
    const batch = known ?? this.openBatch();
    this.assigned.set(file, batch);
    for (const workflow of workflows) batch.add({ file, workflow });
    return known === undefined && batch.size >= this.batchSize ? batch : undefined;
  }

  all(): WorkflowBatch[] {
    return this.batches;
  }

  noteChange(file: string): void {
    for (const batch of this.batches) batch.noteChange(file);
  }

  private openBatch(): WorkflowBatch {
    const last = this.batches.at(-1);
    if (last && last.size < this.batchSize) return last;
    const batch = new WorkflowBatch(this.project, this.sources);
    this.batches.push(batch);
    return batch;
  }
}

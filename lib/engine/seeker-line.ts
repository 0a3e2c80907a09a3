/**
 * Runs that wait for a slot: of each workflow first come, first served, and the workflows in turn. So
 * thousands of runs of one do not stand before those of the others.
 */
export interface SlotSeeker {
  /** Whose share it has. */
  readonly workflow: string;
  /** A slot may be free. */
  wake(): void;
}

export class SeekerLine {
  /** By workflow; who was served last stands last. */
  private readonly groups = new Map<string, Set<SlotSeeker>>();
  private readonly groupOf = new Map<SlotSeeker, string>();

  get size(): number {
    return this.groupOf.size;
  }

  has(seeker: SlotSeeker): boolean {
    return this.groupOf.has(seeker);
  }

  /** One that waits already keeps its place. */
  add(seeker: SlotSeeker): void {
    if (this.groupOf.has(seeker)) return;
    const { workflow } = seeker;
    this.groupOf.set(seeker, workflow);
    const group = this.groups.get(workflow);
    if (group) group.add(seeker);
    else this.groups.set(workflow, new Set([seeker]));
  }

  delete(seeker: SlotSeeker): void {
    const workflow = this.groupOf.get(seeker);
    if (workflow === undefined) return;
    this.groupOf.delete(seeker);
    const group = this.groups.get(workflow)!;
    group.delete(seeker);
    if (group.size === 0) this.groups.delete(workflow);
  }

  /** The next one, who waits no more. */
  shift(): SlotSeeker | undefined {
    const [first] = this.groups;
    if (!first) return undefined;
    const [workflow, group] = first;
    const [seeker] = group;
    this.delete(seeker!);
    this.groups.delete(workflow);
    if (group.size > 0) this.groups.set(workflow, group);
    return seeker;
  }
}

/**
 * Permits of steps that say how often they run at once, in a world on which several processes execute.
 * A body needs one beside its slot. They are asked for in the background: a run that finds none is told
 * when there is one.
 *
 * - PM1 What the world said last counts, less what was given back since. Permits belong to the session,
 *   and are gone with it.
 * - PM2 One that nobody here uses now is given back at once. Where runs wait here this process stands in
 *   line with the others, so no process keeps a step for itself.
 * - PM3 While something is wanted the world is asked again now and then: nobody depends on being told.
 */
import type { World } from "../contract/world";
import { type Patience, untilAnswered } from "./until-answered";

/** What processes miss that were not told, they find out within that. */
const ASK_AGAIN_MS = 1_000;

interface Book {
  limit: number;
  /** Permits of this session, as far as is known. */
  held: number;
  /** Bodies that run. */
  running: number;
  /** Those of them that began under a session that is lost, and have no permit any more. */
  stale: number;
  /** Given back, and not told yet. */
  gives: number;
  wants: number;
  /** What the world believes that is wanted. */
  told: number;
  turn: number;
  isAsking: boolean;
  asksAgain: boolean;
  stopListening: () => void;
}

export class Permits {
  /** There may be more of the step, or there may be some to spare. */
  onChange: (step: string) => void = () => undefined;
  private readonly books = new Map<string, Book>();
  private session: string | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly world: World,
    private readonly patience: Patience,
  ) {}

  /** How many of the step are there for bodies that do not run yet. */
  free(step: string): number {
    const book = this.books.get(step);
    return book ? Math.max(0, book.held - book.running + book.stale) : 0;
  }

  /** A body is about to run. */
  take(step: string): void {
    this.bookOf(step).running++;
  }

  /** A body has ended (PM2). */
  give(step: string): void {
    const book = this.bookOf(step);
    book.running--;
    if (book.stale > 0) book.stale--;
    else if (book.held > 0) giveBack(book, 1);
    this.ask(step, book);
  }

  /** How many are free and of no use, and how many more would be. */
  settle(step: string, limit: number, spare: number, wants: number): void {
    const book = this.bookOf(step);
    book.limit = limit;
    book.wants = wants;
    giveBack(book, Math.min(spare, this.free(step)));
    this.ask(step, book);
  }

  /** From now on it is this session that asks; null for none (PM1). */
  begin(session: string | null): void {
    this.session = session;
    if (this.timer) clearInterval(this.timer);
    this.timer = session === null ? null : setInterval(() => this.askAgain(), ASK_AGAIN_MS).unref();
    for (const [step, book] of this.books) {
      book.stopListening();
      Object.assign(book, { held: 0, stale: book.running, gives: 0, told: 0, turn: 0 });
      book.stopListening = this.listen(step, book);
      this.ask(step, book);
    }
  }

  private bookOf(step: string): Book {
    let book = this.books.get(step);
    if (!book) {
      book = {
        ...{ limit: 1, held: 0, running: 0, stale: 0, gives: 0, wants: 0, told: 0, turn: 0 },
        ...{ isAsking: false, asksAgain: false, stopListening: () => undefined },
      };
      this.books.set(step, book);
      book.stopListening = this.listen(step, book);
    }
    return book;
  }

  private listen(step: string, book: Book): () => void {
    const { session } = this;
    const listen = () => this.ask(step, book, true);
    if (session === null) return () => undefined;
    const stop = this.world.permits?.listenForPermits?.(session, step, listen);
    return stop ?? (() => undefined);
  }

  /** PM3. */
  private askAgain(): void {
    for (const [step, book] of this.books) {
      if (book.wants > 0) this.ask(step, book, true);
      else if (this.free(step) > 0) this.onChange(step);
    }
  }

  private ask(step: string, book: Book, isForced = false): void {
    if (book.gives === 0 && book.wants === book.told && !isForced) return;
    book.asksAgain = true;
    if (!book.isAsking && this.session !== null) void this.askNow(step, book);
  }

  private async askNow(step: string, book: Book): Promise<void> {
    book.isAsking = true;
    // What changes in one go is told in one.
    await Promise.resolve();
    try {
      while (book.asksAgain && this.session !== null) {
        book.asksAgain = false;
        await this.askOnce(step, book, this.session);
      }
    } catch {
      // Nobody waits for the world any more.
    }
    book.isAsking = false;
  }

  private async askOnce(step: string, book: Book, session: string): Promise<void> {
    const { gives, wants, limit, held } = book;
    book.gives = 0;
    book.told = wants;
    const request = { name: step, limit, turn: ++book.turn, gives, wants };
    const share = () => this.world.permits!.share!(session, request);
    const count = await untilAnswered(share, "say how many permits there are", this.patience);
    if (this.session !== session) {
      book.asksAgain = true;
      return;
    }
    // A session that is over learns that when it is renewed.
    if (count === null) return;
    book.told = Math.max(0, wants - Math.max(0, count - held));
    book.held = Math.max(0, count - book.gives);
    this.onChange(step);
  }
}

function giveBack(book: Book, count: number): void {
  book.held -= count;
  book.gives += count;
}

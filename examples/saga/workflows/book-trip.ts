import { FatalError, getStepMetadata, getWritable } from "everstep";

/** `soldOut` is what this example lets fail. */
export interface Trip {
  traveller: string;
  soldOut?: "hotel" | "car";
}

export async function bookTrip({ traveller, soldOut }: Trip) {
  "use workflow";
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const what of ["flight", "hotel", "car"]) {
      const id = await book(what, traveller, what === soldOut);
      undo.push(() => cancelBooking(what, id));
    }
    return { status: "booked" };
  } catch (error) {
    for (const compensate of undo.reverse()) await compensate();
    return { status: "undone", because: (error as Error).message };
  }
}

async function book(what: string, traveller: string, isSoldOut: boolean) {
  "use step";
  if (isSoldOut) throw new FatalError(`There is no ${what} left`);
  // The same in every attempt, so that the hotel can tell a second one from another guest.
  const { stepId: id } = getStepMetadata();
  await report(`booked the ${what} for ${traveller}, ${id}`);
  return id;
}

async function cancelBooking(what: string, id: string) {
  "use step";
  await report(`cancelled the ${what}, ${id}`);
}
// A booking that cannot be cancelled now can be later: this must not be given up.
cancelBooking.maxRetries = 1000;

async function report(line: string) {
  const writer = getWritable<string>().getWriter();
  await writer.write(line);
  writer.releaseLock();
}

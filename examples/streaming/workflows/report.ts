import { getStepMetadata, getWritable } from "everstep";

export async function report(pages: number, pauseMs: number) {
  "use workflow";
  const middle = Math.floor(pages / 2);
  await writePages(1, middle, pauseMs, false);
  await writePages(middle + 1, pages, pauseMs, true);
  return pages;
}

/** `isUnlucky`: its first attempt fails after two pages, and the second one writes them again. */
async function writePages(from: number, to: number, pauseMs: number, isUnlucky: boolean) {
  "use step";
  const { attempt } = getStepMetadata();
  const writer = getWritable<{ page: number; attempt: number }>().getWriter();
  for (let page = from; page <= to; page++) {
    if (isUnlucky && attempt === 1 && page === from + 2) throw new Error("The printer is jammed");
    await writer.write({ page, attempt });
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

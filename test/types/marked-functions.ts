// Checked by `npm run types`; nothing here runs. A directive changes no type: what calls a marked
// function is checked against the source.

export async function checkout(id: string, amount = 1): Promise<{ receipt: string }> {
  "use workflow";
  const receipt = await charge({ id, amount });
  return { receipt };
}

export async function charge({ id, amount }: { id: string; amount: number }) {
  "use step";
  return `${id}: ${amount}`;
}
charge.maxRetries = 5;
charge.formerly = ["step//./src/order//pay"];

export const first = async <T>(values: readonly T[]) => {
  "use step";
  return values[0];
};

export async function callers(): Promise<void> {
  const text: string = await charge({ id: "a", amount: 1 });
  const found: number | undefined = await first([1, 2]);
  const { receipt }: { receipt: string } = await checkout("a");
  const retries: number = charge.maxRetries;

  // @ts-expect-error: the amount is missing
  await charge({ id: "a" });
  // @ts-expect-error: the id is a string
  await checkout(1);
  // @ts-expect-error: a promise until it is awaited
  const early: string = charge({ id: "a", amount: 1 });

  void [text, found, receipt, retries, early];
}

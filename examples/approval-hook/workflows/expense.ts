import { createHook, sleep } from "everstep";

export interface Decision {
  approved: boolean;
  by: string;
}

export async function expense(id: string, amount: number) {
  "use workflow";
  const decision = createHook<Decision>({
    token: `expense:${id}`,
    label: `Is the expense ${id} of ${amount} all right?`,
    once: true,
    schema: {
      type: "object",
      properties: { approved: { type: "boolean" }, by: { type: "string" } },
      required: ["approved", "by"],
    },
  });
  await askForApproval(id, amount);
  const limit = sleep("7 days");
  const answer = await Promise.race([decision, limit.then(() => null)]);
  limit.cancel();
  if (answer === null) return `${id}: nobody has decided`;
  if (!answer.approved) return `${id}: refused by ${answer.by}`;
  await pay(id, amount);
  return `${id}: ${amount} paid, approved by ${answer.by}`;
}

async function askForApproval(id: string, amount: number) {
  "use step";
  console.log(`Please decide: ${id}, ${amount}`);
}

async function pay(id: string, amount: number) {
  "use step";
  console.log(`Paying ${amount} for ${id}`);
}

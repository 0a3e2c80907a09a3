import { getStepMetadata, getWritable, sleep } from "everstep";

export async function userSignup(email: string) {
  "use workflow";
  const user = await createUser(email);
  await sendEmail(email, "Welcome!");
  await report("Asleep for 3 seconds");
  await sleep("3s"); // or "30 days"
  await sendEmail(email, "Three tips to begin with");
  return user;
}

async function createUser(email: string) {
  "use step";
  await report(`Created the user ${email}`);
  return { id: crypto.randomUUID(), email };
}

async function sendEmail(to: string, subject: string) {
  "use step";
  const { attempt } = getStepMetadata();
  if (subject === "Welcome!" && attempt === 1) {
    await report("The mail server is busy: it will be tried again");
    throw new Error("503 from the mail server");
  }
  await report(`Sent "${subject}" to ${to}, in attempt ${attempt}`);
}

/** Writes to the stream of the run, which anybody may follow. */
async function report(line: string) {
  "use step";
  const writer = getWritable<string>().getWriter();
  await writer.write(line);
  writer.releaseLock();
}

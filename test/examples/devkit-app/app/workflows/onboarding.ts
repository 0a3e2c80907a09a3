import { FatalError, getStepMetadata, getWorkflowMetadata, RetryableError, sleep } from "workflow";

interface Account {
  id: string;
  email: string;
  createdAt: Date;
  tags: Set<string>;
}

export async function onboarding(email: string) {
  "use workflow";
  const { workflowRunId, workflowStartedAt } = getWorkflowMetadata();
  const account = await openAccount(email);
  const [mail, quota] = await Promise.all([sendMail(account, "hello"), assignQuota(account)]);
  await sleep("1s");
  const rested = Date.now() - workflowStartedAt.getTime() >= 1000;
  return { runId: workflowRunId, account, mail, quota, rested };
}

async function openAccount(email: string): Promise<Account> {
  "use step";
  if (!email.includes("@")) throw new FatalError(`"${email}" is no address`);
  const { stepId } = getStepMetadata();
  return { id: stepId, email, createdAt: new Date(), tags: new Set(["trial"]) };
}

async function sendMail({ email, tags }: Account, subject: string) {
  "use step";
  const { attempt } = getStepMetadata();
  if (attempt === 1) throw new RetryableError("busy", { retryAfter: 200 });
  return `${subject} to ${email} (${[...tags].join()}), attempt ${attempt}`;
}
sendMail.maxRetries = 2;

async function assignQuota({ createdAt }: Account) {
  "use step";
  return createdAt instanceof Date ? 10n : 0n;
}

export async function guarded(email: string) {
  "use workflow";
  try {
    return (await openAccount(email)).email;
  } catch (error) {
    return FatalError.is(error) ? `refused: ${error.message}` : "failed";
  }
}

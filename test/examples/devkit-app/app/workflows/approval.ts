import { createHook, defineHook, sleep } from "workflow";

export const vote = defineHook<{ voter: string; yes: boolean }>();

export async function ballot(topic: string, quorum: number) {
  "use workflow";
  const votes = vote.create({ token: `vote:${topic}` });
  const seen: string[] = [];
  let ayes = 0;
  for await (const { voter, yes } of votes) {
    seen.push(voter);
    if (yes) ayes++;
    if (seen.length === quorum) break;
  }
  return { topic, ayes, seen };
}

export async function confirmation(id: string) {
  "use workflow";
  const answer = createHook<{ ok: boolean }>({ token: `confirm:${id}`, metadata: { id } });
  const result = await Promise.race([answer, sleep("30 days").then(() => "expired" as const)]);
  return result === "expired" ? result : result.ok ? "confirmed" : "declined";
}

/** Whether servers that answer also store what they are given. */
import { mastersOf } from "./connect";
import type { Connection } from "./connection";

/** Does nothing. A server that takes no writes refuses it all the same, since it does not say so. */
const NOTHING = "#!lua\nreturn 0";

const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^OOM\b/, "Redis has no memory left: nothing new is stored, and runs wait."],
  [/^MISCONF\b/, "Redis cannot write to its disk, and stores nothing new: runs wait."],
  [/^NOREPLICAS\b/, "Redis misses replicas, and stores nothing new: runs wait."],
  [/^READONLY\b/, "Redis is a replica, and stores nothing: runs wait."],
];

/** In a sentence; null if there is none. */
export async function findFault(connection: Connection): Promise<string | null> {
  const refusals = await connection.ask((client) =>
    Promise.all(
      mastersOf(client).map((server) =>
        server.eval(NOTHING, 0).then(
          () => null,
          (error: unknown) => error as Error,
        ),
      ),
    ),
  );
  const refusal = refusals.find((each) => each !== null);
  if (!refusal) return null;
  const known = FAULTS.find(([pattern]) => pattern.test(refusal.message));
  if (!known) throw refusal;
  return known[1];
}

/** What a world believes of messages between processes (P11). A world without an auth part passes. */
import type { SignedRequest, World, WorldAuth } from "../contract/world";
import { assert, type Check, check, freshId, same } from "./check";

type Headers = Record<string, string>;

const encoder = new TextEncoder();

function freshRequest(): SignedRequest {
  const body = encoder.encode(JSON.stringify({ runId: freshId("wrun_") }));
  return { method: "POST", path: "/.well-known/workflow/v1/flow", body };
}

function believes(auth: WorldAuth, request: SignedRequest, headers: Headers): Promise<boolean> {
  return auth.verify(request, (name) => headers[name.toLowerCase()]);
}

/** Null where there is no secret, of which a world may know from wherever it likes. */
async function signed(auth: WorldAuth, request: SignedRequest): Promise<Headers | null> {
  try {
    const headers = Object.entries(await auth.sign(request));
    return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  } catch (error) {
    same((error as { code?: unknown }).code, "SECRET_MISSING", "The code of the refusal to sign");
    return null;
  }
}

export const AUTH_CHECKS: readonly Check[] = [
  check("auth-1", "a message that was signed is believed once (P11)", async ({ auth }: World) => {
    if (!auth) return;
    const request = freshRequest();
    const headers = await signed(auth, request);
    if (!headers) return;
    same(await believes(auth, request, headers), true, "What it makes of its own signature");
    same(await believes(auth, request, headers), false, "What it makes of it the second time");
    const again = await signed(auth, request);
    same(await believes(auth, request, again!), true, "What it makes of a new signature");
  }),

  check(
    "auth-2",
    "whatever was changed on the way is not believed (P11)",
    async ({ auth }: World) => {
      if (!auth) return;
      const request = freshRequest();
      const others: SignedRequest[] = [
        { ...request, method: "GET" },
        { ...request, path: request.path.replace("flow", "step") },
        { ...request, body: encoder.encode("{}") },
      ];
      for (const other of others) {
        const headers = await signed(auth, request);
        if (!headers) return;
        same(await believes(auth, other, headers), false, "What it makes of another request");
      }
      for (const name of Object.keys((await signed(auth, request))!)) {
        const headers = (await signed(auth, request))!;
        const last = headers[name]!.at(-1) === "0" ? "1" : "0";
        const changed = { ...headers, [name]: headers[name]!.slice(0, -1) + last };
        const isBelieved = await believes(auth, request, changed);
        assert(!isBelieved, `A message with another ${name} was believed`);
        const rest = Object.fromEntries(
          Object.entries(headers).filter(([other]) => other !== name),
        );
        same(
          await believes(auth, request, rest),
          false,
          `What it makes of a message without ${name}`,
        );
      }
    },
  ),

  check(
    "auth-3",
    "what nobody signed is not believed, secret or not (P11)",
    async ({ auth }: World) => {
      if (!auth) return;
      same(await believes(auth, freshRequest(), {}), false, "What it makes of no signature");
    },
  ),
];

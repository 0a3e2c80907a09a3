/** How processes of an app hear of what there is to do: by themselves, or by messages over HTTP. */
import { WorkflowRuntimeError } from "../lib/contract/error";
import type { WorldAuth } from "../lib/contract/world";
import type { Connection } from "./connection";
import { Doorbell } from "./doorbell";
import { HttpDelivery } from "./http-delivery";
import type { Keys } from "./keys";
import type { Rings } from "./rings";

export interface DeliveryOptions {
  /**
   * `process`: those that execute runs hear of them themselves. `http`: every process of the world passes
   * on what it hears, as signed messages (WORKFLOW_SECRET) to the app's address.
   */
  dispatch?: "process" | "http";
  /** Where the app can be reached, for `http`: WORKFLOW_URL, unless it is given. */
  appUrl?: string;
}

interface Parts {
  connection: Connection;
  keys: Keys;
  rings: Rings;
  auth: WorldAuth;
}

export interface Delivery {
  doorbell: Doorbell;
  /** Rejects where messages could not be signed. */
  startHearing(): Promise<void>;
}

/** How often a message is sent that no process of the app has heard. */
const HTTP_ATTEMPTS = 6;

export function installDoorbell(
  { dispatch = "process", appUrl = process.env["WORKFLOW_URL"] }: DeliveryOptions,
  { connection, keys, rings, auth }: Parts,
): Delivery {
  const { prefix } = keys;
  if (dispatch === "process") {
    const doorbell = new Doorbell({ connection, prefix, attempts: 1 }, rings);
    rings.use(doorbell, true);
    return { doorbell, startHearing: async () => undefined };
  }
  const url = checkUrl(dispatch, appUrl);
  const delivery = new HttpDelivery(auth, url, rings);
  const doorbell = new Doorbell({ connection, prefix, attempts: HTTP_ATTEMPTS }, delivery);
  rings.use(doorbell, false);
  const startHearing = async () => {
    await auth.sign({ method: "POST", path: "/", body: new Uint8Array() });
    doorbell.hear();
  };
  return { doorbell, startHearing };
}

function checkUrl(dispatch: string, appUrl: string | undefined): string {
  if (dispatch !== "http") {
    const message = `The \`dispatch\` of a Redis world is ${JSON.stringify(dispatch)}`;
    throw new WorkflowRuntimeError("RUNTIME_OPTION_INVALID", message);
  }
  if (appUrl && URL.canParse(appUrl)) return appUrl;
  const message =
    'With `dispatch: "http"` a Redis world has to know where the app can be reached: `appUrl`, or WORKFLOW_URL';
  throw new WorkflowRuntimeError("RUNTIME_OPTION_INVALID", message);
}

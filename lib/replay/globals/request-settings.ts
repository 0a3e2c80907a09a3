/** The settings of a request that say how it is sent; workflows only pass them on. */
import { RealmTypeError } from "./intrinsics";

export interface RequestSettings {
  cache: string;
  credentials: string;
  destination: string;
  integrity: string;
  keepalive: boolean;
  mode: string;
  redirect: string;
  referrer: string;
  referrerPolicy: string;
}

export const USUAL_SETTINGS: Readonly<RequestSettings> = {
  cache: "default",
  credentials: "same-origin",
  destination: "",
  integrity: "",
  keepalive: false,
  mode: "cors",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
};

/** Those that take one of a few words. */
const CHOICES = {
  cache: ["default", "force-cache", "no-cache", "no-store", "only-if-cached", "reload"],
  credentials: ["include", "omit", "same-origin"],
  mode: ["cors", "no-cors", "same-origin"],
  redirect: ["error", "follow", "manual"],
  referrerPolicy: [
    ...["", "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin"],
    ...["same-origin", "strict-origin", "strict-origin-when-cross-origin", "unsafe-url"],
  ],
};

/** The ones that an init gives. */
export function readSettings(init: object): Partial<RequestSettings> {
  const given = init as Partial<Record<keyof RequestSettings, unknown>>;
  const settings: Partial<RequestSettings> = {};
  for (const name of Object.keys(CHOICES) as (keyof typeof CHOICES)[]) {
    if (given[name] !== undefined) settings[name] = choice(name, `${given[name] as string}`);
  }
  if (given.integrity !== undefined) settings.integrity = `${given.integrity as string}`;
  if (given.keepalive !== undefined) settings.keepalive = Boolean(given.keepalive);
  if (given.referrer !== undefined) settings.referrer = `${given.referrer as string}`;
  return settings;
}

function choice(name: keyof typeof CHOICES, value: string): string {
  if (CHOICES[name].includes(value)) return value;
  throw new RealmTypeError(`"${value}" is not a valid ${name} of a request`);
}

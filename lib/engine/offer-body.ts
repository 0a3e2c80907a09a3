/** What a process has to know of a step that another one has offered. */
import type { StepCreated } from "../contract/event";

export interface OfferBody {
  created: StepCreated;
  /** Of the first attempt. */
  startedAt: number;
  workflow: string;
  workflowStartedAt: number;
  url: string;
}

export function writeOffer(body: OfferBody): string {
  return JSON.stringify(body);
}

export function readOffer(text: string): OfferBody {
  return JSON.parse(text) as OfferBody;
}

/** The events that the clients report for each request, for `--verbose` and tests. They contain no secrets. */
import { sentences } from '../../languages/language.js';
import type { Plane } from '../contract/api-versions.js';

export interface RequestEvent {
  plane: Plane;
  /** The HTTP method; PUBLISH over MQTT. */
  method: string;
  /** Over MQTT `mqtts://{host} {topic}`. URLs of DPS and IoT Hub contain no secrets. */
  url: string;
  /** Absent without a response. */
  status?: number;
  /** From 1. */
  attempt: number;
  elapsedMs: number;
  /** Why there was no response. */
  failure?: string;
}

export type RequestObserver = (event: RequestEvent) => void;

/** Describes a request in one line. */
export function describeRequest({ method, url, status, attempt, elapsedMs, failure }: RequestEvent): string {
  const attemptNote = attempt === 1 ? '' : `, attempt ${attempt}`;
  return `${method} ${url}: ${status ?? failure ?? sentences.dpsClient.noAnswer} (${Math.round(elapsedMs)} ms${attemptNote})`;
}

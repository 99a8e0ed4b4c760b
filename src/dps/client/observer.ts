/** What the clients tell of each request that they send, for `--verbose` and for tests. It holds no secret. */
import type { Plane } from '../contract/api-versions.js';

export interface RequestEvent {
  plane: Plane;
  /** The HTTP method; PUBLISH over MQTT. */
  method: string;
  /** Over MQTT `mqtts://{host} {topic}`. No address of DPS or IoT Hub carries a secret. */
  url: string;
  /** Absent when no answer came. */
  status?: number;
  /** 1 for the first time. */
  attempt: number;
  elapsedMs: number;
  /** Why no answer came. */
  failure?: string;
}

export type RequestObserver = (event: RequestEvent) => void;

/** One line on a request. */
export function describeRequest({ method, url, status, attempt, elapsedMs, failure }: RequestEvent): string {
  const again = attempt === 1 ? '' : `, attempt ${attempt}`;
  return `${method} ${url}: ${status ?? failure ?? 'no answer'} (${Math.round(elapsedMs)} ms${again})`;
}

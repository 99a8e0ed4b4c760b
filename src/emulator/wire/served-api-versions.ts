/**
 * Which api-versions are served. New ones come every few months: one that is later than all known ones is served as the
 * newest of them, and the log says so once.
 */
import {
  apiVersions,
  newestApiVersion,
  type Plane,
  placeOfApiVersion,
} from '../../dps/contract/api-versions.js';
import type { EmulatorEvent, EventLog } from './events.js';
import { Recent } from './recent.js';

export interface ServedApiVersionsOptions {
  /** Whether later versions than the known ones are refused. */
  strict: boolean;
  log: EventLog;
}

/** Clients can send any date: the log may repeat itself after this many of them. */
const maxReported = 100;

export class ServedApiVersions {
  readonly #options: ServedApiVersionsOptions;
  readonly #reported = new Recent<string, true>(maxReported);

  constructor(options: ServedApiVersionsOptions) {
    this.#options = options;
  }

  /**
   * Whether a plane serves an api-version.
   *
   * @param known in place of the plane's own, where another resource provider answers
   */
  serves(
    plane: Plane,
    transport: EmulatorEvent['transport'],
    version: string,
    known: readonly string[] = apiVersions[plane],
  ): boolean {
    const place = placeOfApiVersion(version, known);
    if (place !== 'later') return place === 'known';
    if (this.#options.strict) return false;
    this.#report(plane, transport, version, newestApiVersion(known));
    return true;
  }

  #report(plane: Plane, transport: EmulatorEvent['transport'], version: string, newest: string): void {
    const key = `${plane} ${newest} ${version}`;
    if (this.#reported.get(key)) return;
    this.#reported.set(key, true);
    const reason = `the api-version ${version} is later than the newest known one, and served as ${newest}`;
    this.#options.log.for(
      plane,
      transport,
    )({ operation: 'newerApiVersion', id: version, status: 200, reason });
  }
}

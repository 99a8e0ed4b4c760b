/** Performs all sessions against a target, and removes what they made. */
import { randomBytes } from 'node:crypto';
import type { Recordings, Session } from './exchange.js';
import { exchangesOf } from './exchange.js';
import { type Outcome, performSession } from './perform.js';
import {
  createService,
  deleteHubDevice,
  deleteService,
  type HubAccess,
  readHub,
  type Service,
} from './service.js';
import type { Target } from './target.js';

export interface SuiteRun {
  outcomes: Outcome[];
  /** What could not be removed, each with the reason. */
  left: string[];
}

/** What every name that a run makes begins with. */
export const namePrefix = 'enrollkit-contract';

export interface RunOptions {
  /** Called with each session that has ended. */
  progress?: (session: Session, outcomes: Outcome[]) => void;
  /** Begins no further session once it is aborted; what was made is removed all the same. */
  signal?: AbortSignal;
}

export async function performAll(
  target: Target,
  recordings: Recordings,
  { progress = () => {}, signal }: RunOptions = {},
): Promise<SuiteRun> {
  const hub = await readHub(target);
  const left: string[] = [];
  const outcomes = new Map<Session, Outcome[]>();
  const sharedName = freshName();
  try {
    const shared = await createService(target, hub, sharedName);
    const waiting = [...recordings.sessions];
    const work = async () => {
      for (let session = waiting.shift(); session && !signal?.aborted; session = waiting.shift()) {
        const found = await performIsolated(session, { target, hub, recordings, shared, left });
        outcomes.set(session, found);
        progress(session, found);
      }
    };
    await Promise.all(Array.from({ length: target.sessions }, work));
  } finally {
    await removing(left, `provisioning service ${sharedName}`, () => deleteService(target, sharedName));
  }
  return { outcomes: recordings.sessions.flatMap((session) => outcomes.get(session) ?? []), left };
}

interface Surroundings {
  target: Target;
  hub: HubAccess;
  recordings: Recordings;
  shared: Service;
  left: string[];
}

/** A session with what it needs, and without a trace when it has ended. */
async function performIsolated(session: Session, surroundings: Surroundings): Promise<Outcome[]> {
  const { target, hub, recordings, shared, left } = surroundings;
  const devices: string[] = [];
  /** Some may never have been made: deleting them does nothing. */
  const services: string[] = [];
  let service = shared;
  try {
    if (session.service === 'own') {
      const { withoutHub = false } = session;
      services.push(freshName());
      service = await createService(target, hub, services[0]!, { withoutHub });
    }
    return await performSession(session, {
      ...{ target, recordings, service, freshName },
      onName(name) {
        devices.push(name);
        if (session.service === 'none') services.push(name);
      },
    });
  } catch (error) {
    const differences = [`not performed: ${(error as Error).message}`];
    return exchangesOf(session).map((exchange) => ({ exchange, result: 'failed' as const, differences }));
  } finally {
    for (const name of devices) {
      await removing(left, `device ${name}`, () => deleteHubDevice(target, hub, name));
    }
    for (const name of services) {
      await removing(left, `provisioning service ${name}`, () => deleteService(target, name));
    }
  }
}

async function removing(left: string[], what: string, remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    left.push(`${what}: ${(error as Error).message}`);
  }
}

/** A name for anything: a service, an enrollment, a device. */
function freshName(): string {
  return `${namePrefix}-${randomSuffix()}`;
}

export function randomSuffix(): string {
  return randomBytes(5).toString('hex');
}

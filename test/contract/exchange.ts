/**
 * What Azure was seen to answer, as data that can be performed: test/data/azure/exchanges. Each file holds sessions; a
 * session is a list of steps, in order. A step with an `id` is an exchange that was seen; the others prepare for it.
 */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * How good the evidence is: a recorded session of the real service; asserted by Microsoft's tests on it; a log in a public
 * report; a maintainer's word; documentation; inferred.
 */
export type Rank = 'R' | 'T' | 'L' | 'M' | 'D' | 'I';

export type Plane = 'arm' | 'service' | 'device' | 'hub';

export interface Source {
  repository: string;
  /** A file of that repository, or an issue. */
  path?: string;
  commit?: string;
  /** When the session was recorded, ISO 8601. */
  recorded?: string;
}

/** How a device proves itself: by a chain, leaf first, named as in a `certificates` step, or empty; or by a key, base64. */
export type Proof = { chain: string[] } | { key: string } | { groupKey: string };

/** Texts may hold `{variable}`s. */
export interface ExchangeRequest {
  plane: Plane;
  method: string;
  /** Without the api-version, which the runner adds. A whole URL is sent as it is. */
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Which device sends it, and how it proves that; on the hub's plane, by a chain. */
  device?: { id: string; proof: Proof };
  /** Device plane; HTTPS by default. `method` and `path` then only name the operation. */
  over?: 'mqtt' | 'amqp';
  /** Asks again until the operation has ended: while the status is 202, or the body's `status` is Running or assigning. */
  untilDone?: boolean;
}

export interface ExpectedResponse {
  /** Over MQTT, the return code of a refused connection. */
  status: number;
  /** By lower-case name; null for a header that must not be there. */
  headers?: Record<string, string | null>;
  /** See compare.ts; left out when nothing is known of it. */
  body?: unknown;
}

export interface CertificateRequest {
  /** `bare`: signed by itself, without any extension. */
  role: 'root' | 'intermediate' | 'device' | 'verification' | 'bare';
  name: string;
  issuer?: string;
  /** The validity ends this many days ago. */
  expiredForDays?: number;
}

export interface Step {
  /** Makes certificates; `{name.pem}`, `{name.base64}` (of the PEM) and further variables hold them. */
  certificates?: Record<string, CertificateRequest>;
  request?: ExchangeRequest;
  /** Variable by what it takes its value from: a path in the body such as `properties.etag`, or `header NAME`. */
  save?: Record<string, string>;
  apiVersion?: string;

  /** Of an exchange. Steps with the same id are one exchange. */
  id?: string;
  response?: ExpectedResponse;
  evidence?: Rank;
  source?: Source;
  note?: string;
}

export interface Session {
  name: string;
  apiVersion: string;
  /** `own` for a provisioning service that nothing else uses; `none` when the session makes its own. */
  service?: 'shared' | 'own' | 'none';
  /** No hub is linked to its own service. */
  withoutHub?: boolean;
  /** A feature that a target may lack; the first exchange must then be answered with 501. */
  needs?: string;
  evidence: Rank;
  source: Source;
  steps: Step[];
}

export interface Exchange {
  id: string;
  session: Session;
  plane: Plane;
  evidence: Rank;
  source: Source;
  request: ExchangeRequest;
}

/** What was seen but cannot be performed by a suite; it counts as evidence of the operation all the same. */
export interface NotPerformed {
  id: string;
  plane: Plane;
  evidence: Rank;
  source: Source;
  method?: string;
  path?: string;
  /** What was seen. */
  fact: string;
  /** Why it is not performed. */
  why: string;
}

export interface Recordings {
  /** Bodies that several exchanges share, for `$shape`. */
  shapes: Record<string, unknown>;
  /** By plane: headers of every recorded reply that has a body. */
  headers: Partial<Record<Plane, Record<string, string | null>>>;
  sessions: Session[];
  notPerformed: NotPerformed[];
}

const folder = new URL('../data/azure/exchanges/', import.meta.url);

/** Reads all of it. */
export function readRecordings(): Recordings {
  const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  const { shapes, headers } = read('common.json');
  const others = ['common.json', 'not-performed.json'];
  const files = readdirSync(folder).filter((file) => !others.includes(file));
  return {
    shapes,
    headers,
    sessions: files.sort().flatMap((file) => read(file).sessions as Session[]),
    notPerformed: read('not-performed.json').exchanges,
  };
}

/** The exchanges of a session, each once, by the first step that has its id. */
export function exchangesOf(session: Session): Exchange[] {
  const byId = new Map<string, Exchange>();
  for (const { id, request, evidence = session.evidence, source = session.source } of session.steps) {
    if (id === undefined || request === undefined || byId.has(id)) continue;
    byId.set(id, { id, session, plane: request.plane, evidence, source, request });
  }
  return [...byId.values()];
}

/**
 * What a recorded run found done, by an earlier run in its folder or by a person in the portal. A replay has to do that
 * first, since it begins in a new folder.
 */
import { sameId } from '../../dps/contract/ids.js';
import type { Plan } from '../plan/fields.js';
import type { RecordedRequest, RecordedStep, Recording } from './schema.js';

/** Registration IDs are those of the replay. */
export interface Earlier {
  ca: 'missing' | 'uploaded' | 'verified';
  /** Whether the verification certificate was in the folder, for a person to upload. */
  isAnswered: boolean;
  /** The enrollment group as the service answered it, if it was there. */
  group?: { recorded: unknown; isChanged: boolean };
  /** Devices that had an individual enrollment. */
  enrolled: string[];
  /** Devices that had certificates. */
  certificates: string[];
  /** Devices that were registered, with their hub. */
  registered: Map<string, string>;
  /** Devices whose message was accepted. */
  connected: string[];
  /** Devices whose message was sent, but not acknowledged: the earlier run was interrupted. */
  sent: string[];
  /** Whether the recorded run could ask if those messages had arrived; otherwise, it sent them again. */
  couldAsk: boolean;
}

/**
 * @param plan the plan of the replay, with other names where some were given
 * @returns undefined if the recorded run made its own CAs, and so found nothing
 */
export function foundEarlier(
  { steps, plan: recorded, certificates }: Recording,
  plan: Plan,
): Earlier | undefined {
  const step = (id: string) => steps.find((one) => one.id === id);
  // Devices that sign their own certificates have no CAs.
  const firstMade = step('certificate-chain') ?? step('device-certificates');
  if (firstMade?.status !== 'already') return undefined;
  const ids = recorded.devices.registrationIds.map((id, index) => ({
    recorded: id,
    now: plan.devices.registrationIds[index] ?? id,
  }));
  const idsNow = new Set(plan.devices.registrationIds);
  const which = (holds: (id: string) => boolean) =>
    ids.filter((id) => idsNow.has(id.now) && holds(id.recorded)).map(({ now }) => now);
  const look = firstLook(step('register-devices')?.requests ?? []);
  const records = recordsIn(look);
  const hubs = new Map(
    ids.flatMap(({ recorded: id, now }): [string, string][] => {
      const hub = idsNow.has(now) ? hubBefore(id, look, records) : undefined;
      return hub === undefined ? [] : [[now, hub]];
    }),
  );
  const connecting = step('connect-devices');
  const connected = which((id) => isComplete(connecting) && !requestsOf(connecting, id).length);
  const sentAgain = new Set(connecting?.sentAgain);
  const sent = which((id) => sentAgain.has(id) || hasArrived(requestsOf(connecting, id)));
  const enrolling = step('individual-enrollments')?.requests ?? [];
  // The first look at each tells what was there; later ones read back.
  const enrolled = which((id) => {
    const first = enrolling.find((one) => isGet(one, 'service', 'enrollments', id));
    return first?.answer?.status === 200;
  });
  const hadCertificate = new Set([...hubs.keys(), ...connected, ...sent, ...enrolled]);
  const isMade = step('device-certificates')?.status === 'already';
  const thumbprints = new Set(certificates.map(({ sha1Thumbprint }) => sha1Thumbprint));
  const group = groupBefore(step('enrollment-group'));
  return {
    ca: caBefore(step('upload-ca'), step('proof-of-possession'), thumbprints),
    isAnswered: hadAnswer(recorded, step('proof-of-possession')),
    ...(group ? { group } : {}),
    enrolled,
    certificates: isMade ? [...idsNow] : [...idsNow].filter((id) => hadCertificate.has(id)),
    registered: hubs,
    connected,
    sent,
    couldAsk: sentAgain.size === 0,
  };
}

function caBefore(
  upload: RecordedStep | undefined,
  proof: RecordedStep | undefined,
  thumbprints: ReadonlySet<string>,
): Earlier['ca'] {
  if (proof?.status === 'already') return 'verified';
  const [first] = [...(upload?.requests ?? []), ...(proof?.requests ?? [])];
  const { properties } = bodyOf(first) as { properties?: { thumbprint?: unknown } };
  const isThere = first?.method === 'GET' && thumbprints.has(String(properties?.thumbprint).toUpperCase());
  return isThere ? 'uploaded' : 'missing';
}

/** Only a run that has the certificate looks a second time if the CA is verified. */
function hadAnswer({ certificateAuthority }: Plan, step: RecordedStep | undefined): boolean {
  if (certificateAuthority.proofOfPossession !== 'portal' || step === undefined) return false;
  const given = step.answers ?? [];
  if (given.some(({ question }) => question === 'verification-code')) return false;
  return step.status === 'already' || given.length > 0 || step.requests.length > 1;
}

function groupBefore(step: RecordedStep | undefined): Earlier['group'] {
  const [first] = step?.requests ?? [];
  if (first?.answer?.status !== 200 || step?.failure?.code === 'CONFLICT') return undefined;
  return { recorded: first.answer.body, isChanged: step!.requests.some(({ method }) => method === 'PUT') };
}

/** The hub that a device was assigned to before the run, if it was still there. */
function hubBefore(
  id: string,
  look: readonly RecordedRequest[],
  records: ReadonlyMap<string, Record<string, unknown>>,
): string | undefined {
  const { status, assignedHub, deviceId = id } = records.get(id.toLowerCase()) ?? {};
  if (status !== 'assigned' || typeof assignedHub !== 'string') return undefined;
  const device = look.find((one) => isGet(one, 'hub', 'devices', String(deviceId)));
  return device?.answer?.status === 404 ? undefined : assignedHub;
}

/** What was asked before a device registered: later requests read back. */
function firstLook(requests: readonly RecordedRequest[]): readonly RecordedRequest[] {
  const end = requests.findIndex(({ plane }) => plane === 'device');
  return end < 0 ? requests : requests.slice(0, end);
}

/** The registration records in replies, each alone or in a page of its group's, by registration ID in lower case. */
function recordsIn(look: readonly RecordedRequest[]): Map<string, Record<string, unknown>> {
  const records = new Map<string, Record<string, unknown>>();
  for (const request of look) {
    if (request.plane !== 'service') continue;
    for (const record of [bodyOf(request)].flat() as Record<string, unknown>[]) {
      const id = String(record?.registrationId).toLowerCase();
      if (!records.has(id)) records.set(id, record);
    }
  }
  return records;
}

function isGet(
  { method, plane, url }: RecordedRequest,
  inPlane: string,
  collection: string,
  id: string,
): boolean {
  if (method !== 'GET' || plane !== inPlane || !URL.canParse(url)) return false;
  return new URL(url).pathname === `/${collection}/${encodeURIComponent(id)}`;
}

function isComplete(step: RecordedStep | undefined): boolean {
  return step !== undefined && step.status !== 'interrupted';
}

function requestsOf(step: RecordedStep | undefined, id: string): RecordedRequest[] {
  return (step?.requests ?? []).filter(({ clientId }) => clientId !== undefined && sameId(clientId, id));
}

/** The run read the twin, and did not send the message. */
function hasArrived(requests: readonly RecordedRequest[]): boolean {
  const publishes = (topic: string) =>
    requests.some(({ method, url }) => method === 'PUBLISH' && url.includes(topic));
  return publishes('$iothub/twin/GET') && !publishes('/messages/events/');
}

function bodyOf(request: RecordedRequest | undefined): object {
  const body = request?.answer?.status === 200 ? request.answer.body : undefined;
  return typeof body === 'object' && body !== null ? body : {};
}

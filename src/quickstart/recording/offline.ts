/** Answers the requests of a run from a recording: no service, no socket. */

import { join } from 'node:path';
import type { Exchange, ExchangeReply, ExchangeRequest } from '../../dps/client/exchange.js';
import type { Target } from '../../dps/client/target.js';
import { EnrollkitError, type ErrorCode, errorTable, interruption } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { parseCertificates } from '../../pki/x509/certificate.js';
import { sha1Thumbprint, sha256Thumbprint } from '../../pki/x509/inspect.js';
import { readTextIfExists } from '../../workspace/files.js';
import type { Plan } from '../plan/fields.js';
import { wasInterrupted } from './compare.js';
import { createMask } from './mask.js';
import { changedNames, commonNames, namesGiven, type Rename, renameToNow } from './names.js';
import { OfflineCertificates } from './offline-certificates.js';
import type { RecordedFailure, RecordedRequest, Recording } from './schema.js';

/** Nobody checks them: they never leave this process. */
const noKey = Buffer.from('offline').toString('base64');

/**
 * The recorded provisioning service, as a target that answers from the recording.
 *
 * @param folder the certificate folder of the replay: thumbprints of its certificates take the place of recorded ones
 * @param plan of the replay, which may give other names
 * @param interrupt called where the recorded run was interrupted; it aborts the signal of the replay
 */
export function offlineTarget(
  recording: Recording,
  folder: string,
  plan: Plan,
  interrupt: () => void = () => {},
): Target {
  const { credentials, hubs, ...endpoints } = recording.target;
  const policyOf = (hostName: string) => ({
    hostName,
    sharedAccessKeyName: 'offline',
    sharedAccessKey: noKey,
  });
  return {
    ...endpoints,
    deviceAmqpEndpoint: endpoints.deviceAmqpEndpoint ?? endpoints.globalDeviceEndpoint,
    webSocketPort: 443,
    armCredential: { getToken: async () => ({ token: noKey, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) },
    armScope: `${endpoints.armEndpoint}/.default`,
    service:
      credentials === 'connection-string'
        ? { connectionString: policyOf(endpoints.serviceHostName) }
        : credentials,
    serviceScope: `https://${endpoints.serviceHostName}/.default`,
    hubConnectionStrings: hubs.map(policyOf),
    // A message that the run did not send again had arrived.
    messageArrived: async () => true,
    exchange: answerFrom(recording, folder, plan, interrupt),
  };
}

/**
 * Each request gets the recorded answer to the same request; of several the next one.
 *
 * @throws EnrollkitError NOT_RECORDED for a request that the recording does not have, or not as often
 */
function answerFrom(recording: Recording, folder: string, plan: Plan, interrupt: () => void): Exchange {
  const mask = createMask({ folder, home: '', secrets: [] });
  const [ofRecorded, ofNow] = commonNames(recording.replayOf?.names ?? [], namesGiven(recording, plan));
  const toNow = renameToNow(changedNames(recording.plan, plan));
  const recorded = new Map<string, RecordedRequest[]>();
  for (const request of recording.steps.flatMap(({ requests }) => requests)) {
    const key = ofRecorded(keyOf(request));
    recorded.set(key, [...(recorded.get(key) ?? []), request]);
  }
  const withPresentThumbprints = thumbprints(recording, folder, toNow);
  const certificates = new OfflineCertificates();
  return async (request) => {
    certificates.read(request.body);
    const same = recorded.get(ofNow(keyOf({ ...request, url: mask(request.url) })));
    const next = same?.shift();
    if (next ? next.failure?.code === 'INTERRUPTED' : wasInterrupted(recording)) {
      interrupt();
      throw interruption();
    }
    if (!next && request.plane === 'entra') return { status: 200, headers: {}, body: '' };
    if (!next) throw notRecorded(request, same !== undefined);
    if (!next.answer) throw failureOf(next.failure);
    const { status, headers = {}, body, text } = next.answer;
    const content = body === undefined ? (text ?? '') : JSON.stringify(body);
    return {
      status,
      headers: withPresentDate(headers, next.at),
      body: await certificates.answer(withPresentThumbprints(toNow(content))),
    } satisfies ExchangeReply;
  };
}

/** What is the same in each run: the api-version may be that of another release, and request IDs are random. */
function keyOf({
  method,
  url,
  clientId = '',
}: Pick<RecordedRequest, 'url' | 'clientId'> & { method: string }): string {
  const same = url
    .replace(/api-version=[^&\s]*/g, 'api-version=')
    .replace(/\$rid=[^&\s]*/g, '$rid=')
    .replace(/(%24|\$)\.mid=[^&\s]*/g, '$.mid=');
  return `${method} ${clientId} ${same}`;
}

function notRecorded({ method, url, clientId }: ExchangeRequest, wasUsed: boolean): EnrollkitError {
  return new EnrollkitError('NOT_RECORDED', sentences.recording.notRecorded(method, url, clientId, wasUsed), {
    context: { method, url, ...(clientId === undefined ? {} : { clientId }) },
  });
}

function failureOf({ code, message, reason }: RecordedFailure = { code: 'UNKNOWN', message: '' }): Error {
  if (!Object.hasOwn(errorTable, code)) return Object.assign(new Error(message), { code });
  const context =
    reason === undefined ? {} : typeof reason === 'number' ? { returnCode: reason } : { code: reason };
  return new EnrollkitError(code as ErrorCode, message, { context });
}

/** A date header as far from the present as it was from the clock then, which clients compare it with. */
function withPresentDate(headers: Readonly<Record<string, string>>, at: string): Record<string, string> {
  const skew = Date.parse(headers.date ?? '') - Date.parse(at);
  return Number.isNaN(skew) ? headers : { ...headers, date: new Date(Date.now() + skew).toUTCString() };
}

/** Puts thumbprints of the present certificates in place of the recorded ones, so that a service seems to hold them. */
function thumbprints({ certificates }: Recording, folder: string, toNow: Rename): (text: string) => string {
  const paths = new Map<string, string>();
  for (const { path, sha1Thumbprint: sha1, sha256Thumbprint: sha256 } of certificates) {
    paths.set(sha1, path).set(sha256, path);
  }
  const present = (path: string, length: number): string | undefined => {
    const pem = readTextIfExists(join(folder, ...toNow(path).split('/')));
    const [certificate] = pem === undefined ? [] : parseCertificates(pem);
    return certificate && (length === 40 ? sha1Thumbprint : sha256Thumbprint)(certificate);
  };
  return (text) =>
    text.replace(/\b([0-9a-f]{40}|[0-9a-f]{64})\b/gi, (found) => {
      const path = paths.get(found.toUpperCase());
      const now = path === undefined ? undefined : present(path, found.length);
      if (now === undefined) return found;
      return found === found.toLowerCase() ? now.toLowerCase() : now;
    });
}

/** What a hub answers to a request for the twin, over MQTT or AMQP. */
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { type Twin, twin } from '../../contract/schemas.js';
import { readServiceMessage } from '../http/reply-error.js';
import { jsonOrUndefined } from './hub-session.js';

/** @throws EnrollkitError REFUSED for a text that is not a twin */
export function readTwin(text: string, assignedHub: string): Twin {
  const parsed = twin.safeParse(jsonOrUndefined(text));
  if (parsed.success) return parsed.data;
  throw new EnrollkitError('REFUSED', sentences.dpsClient.notATwin(assignedHub));
}

/** The code of an error for a request that a hub refuses. */
export function refusalCode(status: number): 'THROTTLED' | 'SERVICE_FAILED' | 'HUB_REFUSED' {
  return status === 429 ? 'THROTTLED' : status >= 500 ? 'SERVICE_FAILED' : 'HUB_REFUSED';
}

export function twinRefusal(
  { assignedHub, deviceId }: { assignedHub: string; deviceId: string },
  status: number,
  body: string,
): EnrollkitError {
  const { message } = readServiceMessage(body);
  return new EnrollkitError(
    refusalCode(status),
    sentences.dpsClient.twinRefused(assignedHub, deviceId, message ?? sentences.dpsClient.twinStatus(status)),
    { context: { host: assignedHub, deviceId, status } },
  );
}

/** The error for a hub that refuses a request for the twin, over MQTT or AMQP. */
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { readServiceMessage } from '../http/reply-error.js';

export function twinRefusal(
  { assignedHub, deviceId }: { assignedHub: string; deviceId: string },
  status: number,
  body: string,
): EnrollkitError {
  const { message } = readServiceMessage(body);
  const code = status === 429 ? 'THROTTLED' : status >= 500 ? 'SERVICE_FAILED' : 'HUB_REFUSED';
  return new EnrollkitError(
    code,
    sentences.dpsClient.twinRefused(assignedHub, deviceId, message ?? sentences.dpsClient.twinStatus(status)),
    { context: { host: assignedHub, deviceId, status } },
  );
}

/** Converts failures of MQTT connections to our errors. */

import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { connectionFailure, type DeviceParties, refusedBy } from '../device-refusal.js';
import { redactedCause } from '../redact.js';
import { mqttServerUnavailable } from '../transport-failure.js';
import { mqttTlsPort } from './socket.js';

/** MQTT 3.1.1 section 3.2.2.3: bad user name or password, and not authorized. */
const notAuthorizedReturnCodes = [4, 5];

/** @returns EnrollkitError NETWORK, SERVER_NOT_TRUSTED, DEVICE_NOT_AUTHORIZED or HUB_REFUSED */
export function mqttFailure(error: unknown, parties: DeviceParties): EnrollkitError {
  if (error instanceof EnrollkitError) return error;
  const { endpoint: host } = parties;
  const { code } = error as { code?: unknown };
  if (typeof code === 'number') {
    if (notAuthorizedReturnCodes.includes(code))
      return refusedBy(parties, sentences.dpsClient.mqttConnection);
    const mayBeIdScope = parties.plane === 'device' && code === mqttServerUnavailable;
    return new EnrollkitError('NETWORK', sentences.dpsClient.mqttRefused(host, code), {
      cause: redactedCause(error),
      context: { host, returnCode: code },
      ...(mayBeIdScope
        ? {
            next: sentences.dpsClient.mayBeIdScope,
          }
        : {}),
    });
  }
  return connectionFailure(error, parties, mqttTlsPort);
}

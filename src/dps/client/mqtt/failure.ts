/** Converts failures of MQTT connections to our errors. */

import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import type { Plane } from '../../contract/api-versions.js';
import { redactedCause } from '../redact.js';
import { codeOf, mqttServerUnavailable, transportFailure } from '../transport-failure.js';

/** The device and the server, for error messages. */
export interface MqttParties {
  plane: Plane & ('device' | 'hub');
  /** Host, with `:port` where it is not 8883. */
  endpoint: string;
  clientId: string;
}

/** MQTT 3.1.1 section 3.2.2.3: bad user name or password, and not authorized. */
const notAuthorizedReturnCodes = [4, 5];

/** @returns EnrollkitError NETWORK, SERVER_NOT_TRUSTED, DEVICE_NOT_AUTHORIZED or HUB_REFUSED */
export function mqttFailure(error: unknown, parties: MqttParties): EnrollkitError {
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
  // With TLS 1.3, a client learns that its certificate was refused only after the handshake.
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|ACCESS_DENIED)/.test(codeOf(error) ?? '')) {
    return refusedBy(parties, sentences.dpsClient.mqttCertificate, codeOf(error));
  }
  const failure = transportFailure(error, host);
  if (failure.code !== 'NETWORK') return failure;
  return new EnrollkitError('NETWORK', failure.message, {
    cause: failure.cause,
    context: failure.context,
    next: sentences.dpsClient.mayBeFirewall,
  });
}

/** The error for a server that refuses something of this device. @param code of the TLS alert, if there was one */
export function refusedBy(
  { plane, clientId, endpoint }: MqttParties,
  what: string,
  code?: string,
): EnrollkitError {
  return new EnrollkitError(
    plane === 'hub' ? 'HUB_REFUSED' : 'DEVICE_NOT_AUTHORIZED',
    sentences.dpsClient.mqttRefusedDevice(endpoint, what, clientId),
    { context: { host: endpoint, deviceId: clientId, ...(code === undefined ? {} : { code }) } },
  );
}

/** What goes wrong with an MQTT connection as errors of ours. */
import { EnrollkitError } from '../../../errors.js';
import { redactedCause } from '../redact.js';
import { codeOf, transportFailure } from '../transport-failure.js';
import type { MqttSessionOptions } from './session.js';

type Session = Pick<MqttSessionOptions, 'plane' | 'clientId' | 'endpoint'>;

/** MQTT 3.1.1 section 3.2.2.3: the connection was refused for who the client is. */
const notAuthorizedReturnCodes = [4, 5];
const serverUnavailable = 3;

/** @returns EnrollkitError NETWORK, SERVER_NOT_TRUSTED, DEVICE_NOT_AUTHORIZED or HUB_REFUSED */
export function mqttFailure(error: unknown, session: Session): EnrollkitError {
  if (error instanceof EnrollkitError) return error;
  const { endpoint: host } = session;
  const { code } = error as { code?: unknown };
  if (typeof code === 'number') {
    if (notAuthorizedReturnCodes.includes(code)) return refusedBy(session, 'the connection');
    const mayBeIdScope = session.plane === 'device' && code === serverUnavailable;
    return new EnrollkitError('NETWORK', `${host} refused the MQTT connection (return code ${code}).`, {
      cause: redactedCause(error),
      context: { host, returnCode: code },
      ...(mayBeIdScope
        ? {
            next: 'Check the ID scope: DPS answers so for one that it does not know. Then run the same command again.',
          }
        : {}),
    });
  }
  // TLS 1.3 tells of a refused client certificate only after the handshake.
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|ACCESS_DENIED)/.test(codeOf(error) ?? '')) {
    return refusedBy(session, 'the certificate');
  }
  const failure = transportFailure(error, host);
  if (failure.code !== 'NETWORK') return failure;
  return new EnrollkitError('NETWORK', failure.message, {
    cause: failure.cause,
    context: failure.context,
    next: 'Check the network and the name; a firewall may keep port 8883 shut: devices can also register over HTTPS (--protocol https).',
  });
}

/** The server said no to something of this device. */
export function refusedBy({ plane, clientId, endpoint }: Session, what: string): EnrollkitError {
  return new EnrollkitError(
    plane === 'hub' ? 'HUB_REFUSED' : 'DEVICE_NOT_AUTHORIZED',
    `${endpoint} refused ${what} of the device ${clientId}.`,
    { context: { host: endpoint, deviceId: clientId } },
  );
}

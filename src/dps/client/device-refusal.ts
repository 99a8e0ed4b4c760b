/** A server that refuses a device as it connects, over MQTT or AMQP. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Plane } from '../contract/api-versions.js';
import { codeOf, isLookupFailure, transportFailure } from './transport-failure.js';

/** The device and the server, for error messages. */
export interface DeviceParties {
  plane: Plane & ('device' | 'hub');
  /** Host, with `:port` where it is not the standard one of the protocol. */
  endpoint: string;
  clientId: string;
}

/** The error for a server that refuses something of this device. @param code of the TLS alert, if there was one */
export function refusedBy(
  { plane, clientId, endpoint }: DeviceParties,
  what: string,
  code?: string,
): EnrollkitError {
  return new EnrollkitError(
    plane === 'hub' ? 'HUB_REFUSED' : 'DEVICE_NOT_AUTHORIZED',
    sentences.dpsClient.mqttRefusedDevice(endpoint, what, clientId),
    { context: { host: endpoint, deviceId: clientId, ...(code === undefined ? {} : { code }) } },
  );
}

/**
 * The error for a connection that failed below MQTT or AMQP.
 *
 * @param port of the protocol, which a firewall may block
 * @returns EnrollkitError NETWORK, SERVER_NOT_TRUSTED, DEVICE_NOT_AUTHORIZED or HUB_REFUSED
 */
export function connectionFailure(error: unknown, parties: DeviceParties, port: number): EnrollkitError {
  // With TLS 1.3, a client learns that its certificate was refused only after the handshake.
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|ACCESS_DENIED)/.test(codeOf(error) ?? '')) {
    return refusedBy(parties, sentences.dpsClient.mqttCertificate, codeOf(error));
  }
  const failure = transportFailure(error, parties.endpoint);
  // No firewall keeps a name from being found.
  if (failure.code !== 'NETWORK' || isLookupFailure(error)) return failure;
  return new EnrollkitError('NETWORK', failure.message, {
    cause: failure.cause,
    context: failure.context,
    next: sentences.dpsClient.mayBeFirewall(port),
  });
}

/**
 * The etags of devices and twins: counters in base64, that of a device in decimal digits, that of a twin in eight octets.
 * Both rise by one with each change.
 *
 * Source: recorded sessions in Azure/azure-sdk-for-net, Azure.IoT.Hub.Service, DevicesClient_UpdateDevice_EtagDoesNotMatch
 * and DevicesClient_TwinLifecycle.
 */
import { etagMatches } from '../state/etag.js';
import type { HubDevice } from './devices.js';
import { HubError } from './hub-error.js';
import type { HubTwin } from './twins.js';

/** Changes with the identity. */
export function deviceEtag({ changeNumber }: Pick<HubDevice, 'changeNumber'>): string {
  return Buffer.from(String(changeNumber)).toString('base64');
}

/** Changes with what the service writes, not with what the device reports. */
export function twinEtag({ changes }: Pick<HubTwin, 'changes'>): string {
  const counter = Buffer.alloc(8);
  // A twin begins with 1.
  counter.writeBigUInt64BE(BigInt(changes + 1));
  return counter.toString('base64');
}

/**
 * What If-Match asks for; undefined without the header, or when it is empty: the SDK for C# sends `""` for any.
 *
 * @param header bare or in quotation marks; SDKs put them around `*`, too
 */
export function requestedEtag(header: string | undefined): string | undefined {
  return header?.trim().replace(/^"(.*)"$/, '$1') || undefined;
}

/**
 * @param requested what {@link requestedEtag} returns
 * @throws HubError PreconditionFailed
 */
export function assertDeviceEtag(device: HubDevice, requested: string | undefined): void {
  if (requested === undefined || etagMatches(requested, deviceEtag(device))) return;
  const text = Buffer.from(requested, 'base64').toString('latin1');
  const newVersion = /^\d{1,20}$/.test(text) ? text : '0';
  throw new HubError('PreconditionFailed', {
    message: `Precondition failed: Device version did not match, existingVersion:${device.changeNumber} newVersion:${newVersion}`,
  });
}

/**
 * @param requested what {@link requestedEtag} returns
 * @throws HubError PreconditionFailed
 */
export function assertTwinEtag(deviceId: string, twin: HubTwin, requested: string | undefined): void {
  if (requested === undefined || etagMatches(requested, twinEtag(twin))) return;
  throw new HubError('PreconditionFailed', { message: `ETag mismatch for device ID '${deviceId}'` });
}

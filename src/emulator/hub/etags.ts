/** The etags of devices and twins: derived from their content, so that they change exactly when it does. */
import { createHash } from 'node:crypto';
import type { HubDevice } from './devices.js';
import type { HubTwin } from './twins.js';

/** Changes with the identity. */
export function deviceEtag(device: HubDevice): string {
  return etagOf(JSON.stringify(device));
}

/** Changes with what the service writes, not with what the device reports. */
export function twinEtag({ tags, tagsVersion, desired }: HubTwin): string {
  return etagOf(JSON.stringify([tags, tagsVersion, desired]));
}

/** An etag without quotation marks; SDKs put them around `*`, too. */
export function unquoted(etag: string): string {
  return etag.trim().replace(/^"(.*)"$/, '$1');
}

/** Base64, like those of the real hub. */
function etagOf(content: string): string {
  return createHash('sha256').update(content).digest().subarray(0, 9).toString('base64');
}

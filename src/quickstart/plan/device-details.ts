/** What single devices of a plan have besides their registration ID. */

import { sameId } from '../../dps/contract/ids.js';
import type { Plan, PlannedDevice } from './fields.js';

/** Those of one device; empty when the plan has none. */
export function detailsOf({ devices }: Plan, registrationId: string): PlannedDevice {
  const all = Object.entries(devices.details ?? {});
  return all.find(([id]) => sameId(id, registrationId))?.[1] ?? {};
}

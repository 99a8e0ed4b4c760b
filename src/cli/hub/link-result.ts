import type { AccountService } from '../../dps/contract/schemas.js';

/** What `--json` prints after a change of links: the host names of the hubs that are linked now. */
export function linkResult({ name, properties }: AccountService): { dpsName: string; linkedHubs: string[] } {
  return { dpsName: name, linkedHubs: (properties.iotHubs ?? []).map((hub) => hub.name) };
}

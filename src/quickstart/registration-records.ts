/**
 * Reads which devices of a plan are registered, and which of them are in their hubs. A few devices are read one by one, many in
 * pages: the smallest hub of Azure accepts only 100 requests for single devices a minute.
 */
import { KnownHubs } from '../dps/client/known-hubs.js';
import type { RegistrationState } from '../dps/contract/schemas.js';
import { EnrollkitError, lacksRights } from '../errors.js';
import { usesGroup } from './planned-certificates.js';
import { forEachOf, type RunContext } from './step.js';

/** Requests at a time. */
const concurrency = 8;
/** Up to this number, devices are read with a request each. */
const few = 20;
/** How many records of the group are read for each device of the plan: the group may have far more devices. */
const recordsPerDevice = 10;
/** Device IDs in a query of a hub: a query has at most 8,192 characters, and an ID up to 128. */
const idsPerQuery = 50;

type Reading = Pick<RunContext, 'plan' | 'service' | 'target' | 'signal' | 'found'>;

/** Whether the devices of a plan are read in pages. */
export function readsPages(plan: RunContext['plan']): boolean {
  return usesGroup(plan) && plan.devices.registrationIds.length > few;
}

/** The registration records of the plan's devices that DPS has, by registration ID. */
export async function readRecords(context: Reading): Promise<Map<string, RegistrationState>> {
  const { plan, service, signal, found } = context;
  const ids = plan.devices.registrationIds;
  const records = new Map<string, RegistrationState>();
  let unread = ids;
  if (readsPages(plan)) {
    const listed = await listRecords(context);
    for (const id of ids) {
      const record = listed.records.get(id.toLowerCase());
      if (record) records.set(id, record);
    }
    // What this run registered must be there, even if a list does not show it yet.
    const mayBeThere = (id: string) => !listed.isComplete || found.registeredNow.has(id);
    unread = ids.filter((id) => !records.has(id) && mayBeThere(id));
  }
  await forEachOf(unread, concurrency, async (id) => {
    const record = await service.getRegistration(id, { signal });
    if (record) records.set(id, record);
  });
  return records;
}

/** The records of the plan's group, by registration ID in lower case. */
async function listRecords({ plan, service, signal }: Reading) {
  const wanted = new Set(plan.devices.registrationIds.map((id) => id.toLowerCase()));
  const records = new Map<string, RegistrationState>();
  let read = 0;
  try {
    for await (const record of service.listRegistrations(plan.enrollmentGroup.id, { signal })) {
      const id = record.registrationId?.toLowerCase() ?? '';
      if (wanted.has(id)) records.set(id, record);
      read += 1;
      if (records.size === wanted.size || read >= wanted.size * recordsPerDevice)
        return { records, isComplete: false };
    }
  } catch (error) {
    if (!(error instanceof EnrollkitError) || error.code !== 'NOT_FOUND') throw error;
    return { records, isComplete: false };
  }
  return { records, isComplete: true };
}

/**
 * Whether hubs have the devices of registrations: a record stays when its device is deleted there.
 *
 * @param records by registration ID
 * @returns by registration ID; undefined when this run has no rights to look
 */
export async function areInHubs(
  records: ReadonlyMap<string, RegistrationState>,
  context: Reading,
): Promise<Map<string, boolean | undefined>> {
  const { signal, target } = context;
  const hubs = new KnownHubs(target);
  try {
    const seen = readsPages(context.plan) ? await queriedDevices(records, hubs, context) : new Set<string>();
    const found = new Map<string, boolean | undefined>([...seen].map((id) => [id, true]));
    const unread = [...records].filter(([id]) => !seen.has(id));
    await forEachOf(unread, concurrency, async ([id, record]) => {
      const hub = hubs.of(record.assignedHub ?? '');
      try {
        found.set(id, hub && (await hub.getDevice(deviceIdOf(id, record), { signal })) !== undefined);
      } catch (error) {
        if (!lacksRights(error)) throw error;
        found.set(id, undefined);
      }
    });
    return found;
  } finally {
    hubs.close();
  }
}

/**
 * Registration IDs of devices that queries of their hubs show. Queries lag: they can still show a device that was deleted, so
 * only devices that this run has registered are looked for, and do not show each new one, so the others are read afterwards.
 */
async function queriedDevices(
  records: ReadonlyMap<string, RegistrationState>,
  hubs: KnownHubs,
  { found, signal }: Reading,
): Promise<Set<string>> {
  const byHub = new Map<string, Map<string, string>>();
  for (const [id, record] of records) {
    const deviceId = deviceIdOf(id, record);
    if (!found.registeredNow.has(id) || deviceId.includes("'")) continue;
    const host = record.assignedHub ?? '';
    byHub.set(host, (byHub.get(host) ?? new Map<string, string>()).set(deviceId, id));
  }
  const seen = new Set<string>();
  for (const [host, devices] of byHub) {
    const hub = hubs.of(host);
    if (hub === undefined) continue;
    const ids = [...devices.keys()];
    for (let start = 0; start < ids.length; start += idsPerQuery) {
      const texts = ids.slice(start, start + idsPerQuery).map((id) => `'${id}'`);
      try {
        for await (const { deviceId } of hub.devicesWhere(`deviceId IN [${texts.join(', ')}]`, { signal })) {
          const id = devices.get(deviceId);
          if (id !== undefined) seen.add(id);
        }
      } catch (error) {
        // A policy may be allowed to read devices, and not to query them.
        if (!lacksRights(error)) throw error;
        return seen;
      }
    }
  }
  return seen;
}

function deviceIdOf(registrationId: string, { deviceId }: RegistrationState): string {
  return deviceId ?? registrationId;
}

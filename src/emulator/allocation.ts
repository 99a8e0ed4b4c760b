/**
 * Which linked hub a device is assigned to.
 *
 * Source: Microsoft Learn, "How to use allocation policies to provision devices across IoT hubs" and "IoT Hub device
 * reprovisioning concepts".
 */
import { createHash } from 'node:crypto';
import type { EnrollmentSettings } from './state/enrollment-settings.js';
import type { Hub, LinkedHubs } from './state/hubs.js';

export interface AllocationRequest {
  registrationId: string;
  enrollment: Pick<EnrollmentSettings, 'allocationPolicy' | 'hubIds' | 'hubId' | 'reprovisionPolicy'>;
  hubs: LinkedHubs;
  /** The hub that the device was assigned to before. */
  previousHubId: string | undefined;
}

/** The policy of a provisioning service that was not told another. */
export const defaultAllocationPolicy = 'hashed';

/** @returns undefined when no hub is linked that the enrollment may use */
export function allocate({
  registrationId,
  enrollment,
  hubs,
  previousHubId,
}: AllocationRequest): Hub | undefined {
  const previous = previousHubId === undefined ? undefined : hubs.get(previousHubId);
  if (previous && !enrollment.reprovisionPolicy.updateHubAssignment) return previous;
  const candidates = candidatesOf(enrollment, hubs);
  switch (enrollment.allocationPolicy ?? defaultAllocationPolicy) {
    case 'static':
    // Every hub of the emulator is on this machine, so that none is nearer than the first.
    case 'geoLatency':
      return candidates[0];
    default:
      return hashed(registrationId, candidates);
  }
}

function candidatesOf({ hubIds, hubId }: AllocationRequest['enrollment'], hubs: LinkedHubs): Hub[] {
  const chosen = hubIds?.length ? hubIds : hubId === undefined ? [] : [hubId];
  if (chosen.length === 0) return hubs.list().filter((hub) => hub.applyAllocationPolicy);
  return chosen.map((id) => hubs.get(id)).filter((hub) => hub !== undefined);
}

/** Weighted rendezvous hashing: even by weight, and a device keeps its hub when another one is linked. */
function hashed(registrationId: string, candidates: Hub[]): Hub | undefined {
  if (candidates.length < 2) return candidates[0];
  let best: Hub | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const hub of candidates) {
    const digest = createHash('sha256').update(`${hub.hubId}\n${registrationId.toLowerCase()}`).digest();
    const fraction = (digest.readUIntBE(0, 6) + 1) / 2 ** 48;
    const score = hub.allocationWeight / -Math.log(fraction);
    if (score > bestScore) {
      best = hub;
      bestScore = score;
    }
  }
  return best;
}

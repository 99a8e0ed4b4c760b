/**
 * Which linked hub a device is assigned to.
 *
 * Source: Microsoft Learn, "How to use allocation policies to provision devices across IoT hubs", "IoT Hub device
 * reprovisioning concepts", and "Understand custom allocation policies" (implementation details).
 */
import { createHash } from 'node:crypto';
import type { AllocationPolicy, InitialTwin } from '../../../dps/contract/schemas.js';
import type { EnrollmentSettings } from '../state/enrollment-settings.js';
import type { Hub, LinkedHubs } from '../state/linked-hubs.js';
import { type AllocationWebhookRequest, askWebhook, WebhookFailure } from './allocation-webhook.js';

export interface AllocationRequest {
  registrationId: string;
  enrollment: Pick<
    EnrollmentSettings,
    'allocationPolicy' | 'hubIds' | 'hubId' | 'reprovisionPolicy' | 'customAllocationDefinition'
  >;
  /** The policy of the provisioning service, for enrollments that name none. */
  defaultPolicy: AllocationPolicy;
  hubs: LinkedHubs;
  /** The hub that the device was assigned to before. */
  previousHubId: string | undefined;
  /** What a webhook is told besides the hubs. */
  webhookRequest: () => Omit<AllocationWebhookRequest, 'linkedHubs'>;
}

export interface Allocation {
  hub: Hub;
  /** A webhook's, where it counts: it goes before the enrollment's. */
  initialTwin?: InitialTwin;
  /** A webhook's, for the device. */
  payload?: unknown;
}

/** The policy of a provisioning service that was not told another. */
export const defaultAllocationPolicy = 'hashed';

/**
 * @returns undefined when no hub is linked that the enrollment may use
 * @throws WebhookFailure
 */
export async function allocate(request: AllocationRequest): Promise<Allocation | undefined> {
  const { registrationId, enrollment, hubs, previousHubId, defaultPolicy } = request;
  const previous = previousHubId === undefined ? undefined : hubs.get(previousHubId);
  const stays = previous !== undefined && !enrollment.reprovisionPolicy.updateHubAssignment;
  const policy = enrollment.allocationPolicy ?? defaultPolicy;
  // A webhook is asked all the same: it may have a payload.
  if (stays)
    return policy === 'custom' ? allocateByWebhook(request, [previous], previous) : { hub: previous };
  const chosen = chosenHubs(enrollment);
  // That policy takes the enrollment's word, and there is none.
  if (policy === 'static' && chosen.length === 0) return undefined;
  const candidates = candidatesOf(chosen, hubs);
  if (candidates.length === 0) return undefined;
  switch (policy) {
    case 'custom':
      return allocateByWebhook(request, candidates, previous);
    case 'static':
      return { hub: candidates[0]! };
    case 'geoLatency':
      return { hub: hashed(registrationId, nearest(candidates)) };
    default:
      return { hub: hashed(registrationId, candidates) };
  }
}

async function allocateByWebhook(
  { enrollment, hubs, webhookRequest }: AllocationRequest,
  candidates: Hub[],
  previous: Hub | undefined,
): Promise<Allocation> {
  const definition = enrollment.customAllocationDefinition;
  if (!definition) throw new TypeError('an enrollment of custom allocation has a webhook');
  const linkedHubs = candidates.map(({ hostName }) => hostName);
  const reply = await askWebhook(definition, { ...webhookRequest(), linkedHubs });
  const { iotHubHostName, initialTwin, ...more } = reply;
  const named = hubs.byName(iotHubHostName);
  const hub = candidates.find(({ hubId }) => hubId === named?.hubId);
  if (!hub) {
    throw new WebhookFailure(
      `Custom allocation failed: the webhook chose "${iotHubHostName.slice(0, 90)}", which is none of the linked hubs`,
    );
  }
  // Of a device that was assigned before, its twin counts when it moves and does not take its own along.
  const isReset = hub !== previous && !enrollment.reprovisionPolicy.migrateDeviceData;
  const takesTwin = initialTwin !== undefined && (previous === undefined || isReset);
  return { hub, ...more, ...(takesTwin ? { initialTwin } : {}) };
}

/** The hubs that the enrollment names; it may use all when it names none. */
function chosenHubs({ hubIds, hubId }: AllocationRequest['enrollment']): string[] {
  return hubIds?.length ? hubIds : hubId === undefined ? [] : [hubId];
}

/** A hub that is kept out of allocation gets no device, also where an enrollment names it. */
function candidatesOf(chosen: readonly string[], hubs: LinkedHubs): Hub[] {
  const possible =
    chosen.length === 0 ? hubs.list() : chosen.map((id) => hubs.get(id)).filter((hub) => hub !== undefined);
  return possible.filter((hub) => hub.applyAllocationPolicy);
}

/** Those of the lowest latency: all, unless someone said otherwise, since they are on one machine. */
function nearest(candidates: readonly Hub[]): Hub[] {
  const least = Math.min(...candidates.map(({ iotHub }) => iotHub.latency));
  return candidates.filter(({ iotHub }) => iotHub.latency === least);
}

/** Weighted rendezvous hashing: even by weight, and a device keeps its hub when another one is linked. */
function hashed(registrationId: string, candidates: Hub[]): Hub {
  let best = candidates[0]!;
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

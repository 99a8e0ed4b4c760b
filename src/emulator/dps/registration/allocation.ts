/**
 * Allocation: which linked hub a device is assigned to.
 *
 * Source: Microsoft Learn, "How to use allocation policies to provision devices across IoT hubs", "IoT Hub device
 * reprovisioning concepts", and "Understand custom allocation policies" (implementation details).
 */
import { createHash } from 'node:crypto';
import type { AllocationPolicy, InitialTwin } from '../../../dps/contract/schemas.js';
import { type EnrollmentSettings, reprovisioning } from '../state/enrollment-settings.js';
import type { Hub, LinkedHubs } from '../state/linked-hubs.js';
import { type AllocationWebhookRequest, askWebhook, WebhookFailure } from './allocation-webhook.js';

export interface AllocationRequest {
  registrationId: string;
  enrollment: Pick<
    EnrollmentSettings,
    'allocationPolicy' | 'hubIds' | 'hubId' | 'reprovisionPolicy' | 'customAllocationDefinition'
  >;
  /** The policy of the provisioning service, for enrollments without one. */
  defaultPolicy: AllocationPolicy;
  hubs: LinkedHubs;
  /** The hub that the device is assigned to. */
  previousHubId: string | undefined;
  /** The request to a webhook, without the hubs. */
  webhookRequest: () => Omit<AllocationWebhookRequest, 'linkedHubs'>;
}

export interface Allocation {
  hub: Hub;
  /** From a webhook, if it applies: it replaces that of the enrollment. */
  initialTwin?: InitialTwin;
  /** From a webhook, for the device. */
  payload?: unknown;
}

/** The policy of a new provisioning service. */
export const defaultAllocationPolicy = 'hashed';

/**
 * @returns undefined when no hub is linked that the enrollment may use
 * @throws WebhookFailure
 */
export async function allocate(request: AllocationRequest): Promise<Allocation | undefined> {
  const { registrationId, enrollment, hubs, previousHubId, defaultPolicy } = request;
  const previous = previousHubId === undefined ? undefined : hubs.get(previousHubId);
  const stays = previous !== undefined && !reprovisioning(enrollment).updateHubAssignment;
  const policy = enrollment.allocationPolicy ?? defaultPolicy;
  // A webhook is called all the same: it may return a payload.
  if (stays)
    return policy === 'custom' ? allocateByWebhook(request, [previous], previous) : { hub: previous };
  const enrolled = enrolledHubs(enrollment);
  const candidates = candidatesOf(enrolled, hubs);
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
  const chosen = hubs.byName(iotHubHostName);
  const hub = candidates.find(({ hubId }) => hubId === chosen?.hubId);
  if (!hub) {
    throw new WebhookFailure(
      `Custom allocation failed: the webhook chose "${iotHubHostName.slice(0, 90)}", which is none of the linked hubs`,
    );
  }
  // For a device that is assigned already, it applies only if the device moves without its twin.
  const isReset = hub !== previous && !reprovisioning(enrollment).migrateDeviceData;
  const appliesTwin = initialTwin !== undefined && (previous === undefined || isReset);
  return { hub, ...more, ...(appliesTwin ? { initialTwin } : {}) };
}

/** The hubs that the enrollment names; if it names none, it may use all. */
function enrolledHubs({ hubIds, hubId }: AllocationRequest['enrollment']): string[] {
  return hubIds?.length ? hubIds : hubId === undefined ? [] : [hubId];
}

/** A hub that is excluded from allocation gets no device, even if an enrollment names it. */
function candidatesOf(enrolled: readonly string[], hubs: LinkedHubs): Hub[] {
  const possible =
    enrolled.length === 0
      ? hubs.list()
      : enrolled.map((id) => hubs.get(id)).filter((hub) => hub !== undefined);
  return possible.filter(({ applyAllocationPolicy }) => applyAllocationPolicy !== false);
}

/** The hubs of the lowest latency: all of them unless latencies were set, since they are on one machine. */
function nearest(candidates: readonly Hub[]): Hub[] {
  const least = Math.min(...candidates.map(({ iotHub }) => iotHub.latency));
  return candidates.filter(({ iotHub }) => iotHub.latency === least);
}

/** Weighted rendezvous hashing: distributes by weight, and few devices change hubs when another one is linked. */
function hashed(registrationId: string, candidates: Hub[]): Hub {
  let best = candidates[0]!;
  if (candidates.length === 1) return best;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const hub of candidates) {
    const digest = createHash('sha256').update(`${hub.hubId}\n${registrationId.toLowerCase()}`).digest();
    const fraction = (digest.readUIntBE(0, 6) + 1) / 2 ** 48;
    const score = (hub.allocationWeight ?? 1) / -Math.log(fraction);
    if (score > bestScore) {
      best = hub;
      bestScore = score;
    }
  }
  return best;
}

/** Each device connects to its hub, sends a message and reads its twin. */

import { connectToHub } from '../../dps/client/hub-connection.js';
import { hubTopics } from '../../dps/contract/mqtt.js';
import type { CreatedResource } from '../../workspace/journal.js';
import { forEachOf, openKeyPem, type RunContext, requireFound, type Step } from '../step.js';
import { hubName } from './register-devices.js';

const concurrency = 8;

export const connectDevices: Step = {
  id: 'connect-devices',
  title: (plan) =>
    plan.devices.registrationIds.length === 1
      ? 'Send a message to the hub, read the twin'
      : 'Send a message from each device, read its twin',
  applies: (plan) => plan.devices.sendTelemetry && plan.enrollmentGroup.provisioningStatus === 'enabled',
  preview: (plan) => ({
    makes: [],
    requests: plan.devices.registrationIds.flatMap((id) =>
      [hubTopics.telemetry(id, '{properties}'), hubTopics.getTwin('{request}')].map((topic) => ({
        method: 'PUBLISH',
        url: `mqtts://{assigned hub} ${topic}`,
      })),
    ),
  }),
  async check(context) {
    const { plan, journal, found } = context;
    const ids = plan.devices.registrationIds;
    if (!ids.every((id) => journal.has(telemetryThing(context, id)))) return undefined;
    const now = ids.filter((id) => found.connectedNow.has(id)).length;
    const before = ids.length - now;
    if (before === 0) return 'accepted, read';
    return now === 0
      ? 'accepted in an earlier run, not repeated'
      : `${now} accepted, read; ${before} in an earlier run, not repeated`;
  },
  async act(context) {
    const { plan, journal, signal, found } = context;
    const waiting = plan.devices.registrationIds.filter((id) => !journal.has(telemetryThing(context, id)));
    let done = 0;
    await forEachOf(waiting, concurrency, async (id) => {
      signal.throwIfAborted();
      await connect(context, id);
      journal.made(telemetryThing(context, id));
      found.connectedNow.add(id);
      done += 1;
      context.progress(`${done} of ${waiting.length}`);
    });
  },
};

async function connect(context: RunContext, registrationId: string): Promise<void> {
  const { target, found, signal, now } = context;
  const device = requireFound(found, 'devices').get(registrationId)!;
  const registration = requireFound(found, 'registrations').get(registrationId)!;
  const hub = await connectToHub({
    target,
    assignedHub: registration.assignedHub ?? '',
    deviceId: registration.deviceId ?? registrationId,
    certificateChain: device.chainPem,
    privateKey: await openKeyPem(context, device),
    signal,
  });
  try {
    await Promise.all([
      hub.sendTelemetry({ message: `Hello from ${registrationId}`, sentAt: now().toISOString() }),
      hub.getTwin(),
    ]);
  } finally {
    await hub.close();
  }
}

/** The journal remembers that a message was accepted until the device registers again, so it is not sent twice. */
function telemetryThing({ found, journalTarget, target }: RunContext, id: string): CreatedResource {
  const hub = hubName(target.kind, requireFound(found, 'registrations').get(id)?.assignedHub ?? '');
  return { kind: 'telemetry', target: journalTarget, id, hub };
}

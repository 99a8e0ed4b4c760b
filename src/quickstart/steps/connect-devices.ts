/** Each device connects to its hub, sends a message and reads its twin. */

import { randomUUID } from 'node:crypto';
import { connectToHub } from '../../dps/client/hub-connection.js';
import { stateOfMessage } from '../../dps/client/message-state.js';
import { hubTopics } from '../../dps/contract/mqtt.js';
import { sentences } from '../../languages/language.js';
import type { CreatedResource } from '../../workspace/journal.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { registers } from '../planned-certificates.js';
import { deviceKey, forEachOf, type RunContext, requireFound, type Step } from '../step.js';
import { hubName } from './register-devices.js';

/** Far fewer new connections a second than the smallest hub takes. */
const concurrency = 16;

export const connectDevices: Step = {
  id: 'connect-devices',
  title: (plan) =>
    plan.devices.registrationIds.length === 1
      ? sentences.quickstartSteps.sendOne
      : sentences.quickstartSteps.sendEach,
  applies: (plan) => plan.devices.sendTelemetry && registers(plan),
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
    const twice = found.sentAgain.size;
    if (before === 0) return (say) => say.accepted(twice);
    return (say) => (now === 0 ? say.notRepeated : say.acceptedNow(now, before, twice));
  },
  async act(context) {
    const { plan, journal, signal, found } = context;
    const waiting = plan.devices.registrationIds.filter((id) => !journal.has(telemetryThing(context, id)));
    let done = 0;
    await forEachOf(waiting, concurrency, async (id) => {
      signal.throwIfAborted();
      const message = messageFor(context, id);
      if (message.isNew) journal.intend(message.thing);
      await connect(context, id, message);
      journal.made(message.thing);
      found.connectedNow.add(id);
      done += 1;
      context.progress(sentences.quickstartSteps.doneOf(done, waiting.length));
    });
  },
};

interface Message {
  thing: CreatedResource;
  messageId: string;
  /** Otherwise, an interrupted run was about to send it, and may have. */
  isNew: boolean;
}

function messageFor(context: RunContext, id: string): Message {
  const thing = telemetryThing(context, id);
  const intended = context.journal.find(thing);
  const earlier = intended?.kind === 'telemetry' ? intended.messageId : undefined;
  const messageId = earlier ?? randomUUID();
  return { thing: { ...thing, messageId }, messageId, isNew: earlier === undefined };
}

async function connect(
  context: RunContext,
  registrationId: string,
  { messageId, isNew }: Message,
): Promise<void> {
  const { plan, layout, target, found, signal, now } = context;
  const device = plan.devices.requestCertificates
    ? loadCertificate(layout.device(registrationId).operational)!
    : requireFound(found, 'devices').get(registrationId)!;
  const registration = requireFound(found, 'registrations').get(registrationId)!;
  const deviceId = registration.deviceId ?? registrationId;
  const state = isNew ? 'missing' : await stateOfMessage(target, deviceId, messageId);
  if (state === 'unknown') found.sentAgain.add(registrationId);
  const hub = await connectToHub({
    target,
    assignedHub: registration.assignedHub ?? '',
    deviceId,
    certificateChain: device.chainPem,
    privateKey: await deviceKey(context, device),
    signal,
  });
  try {
    await Promise.all([
      state === 'arrived' ||
        hub.sendTelemetry(
          { message: `Hello from ${registrationId}`, sentAt: now().toISOString() },
          { '$.mid': messageId },
        ),
      hub.getTwin(),
    ]);
  } finally {
    await hub.close();
  }
}

/** The journal remembers that a message was accepted until the device registers again, so it is not sent twice. */
function telemetryThing(
  { found, journalTarget, target }: RunContext,
  id: string,
): Extract<CreatedResource, { kind: 'telemetry' }> {
  const hub = hubName(target.kind, requireFound(found, 'registrations').get(id)?.assignedHub ?? '');
  return { kind: 'telemetry', target: journalTarget, id, hub };
}

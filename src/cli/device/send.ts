import { EnrollkitError } from '../../errors.js';
import { JsonSyntaxError, parseJsonSource } from '../../json-source.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { textFlag } from '../kernel/flags.js';
import { deviceFlags } from './flags.js';

export const deviceSend = defineCommand({
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: {
    message: textFlag({ placeholder: 'JSON', summary: sentences.cliDevice.send.message }),
    'message-id': textFlag({ placeholder: 'ID', summary: sentences.cliDevice.send.messageId }),
    ...deviceFlags,
  },
  examples: [
    { line: 'device send device-001', summary: sentences.cliDevice.register.folder },
    {
      line: `device send device-002 --message '{"temperature":21.5}'`,
      summary: sentences.cliDevice.send.custom,
    },
    { line: 'device send device-001 --message-id reading-17', summary: sentences.cliDevice.send.once },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertRegistrationId, messageIdProblem } = await import('../../dps/contract/ids.js');
    assertRegistrationId(id);
    const { messageId } = flags;
    const problem = messageId === undefined ? undefined : messageIdProblem(messageId);
    if (problem !== undefined) throw new EnrollkitError('USAGE', problem);
    const { output, signal } = context;
    const given = messageFrom(flags.message);
    const { withRegisteredDevice } = await import('./register-device.js');
    const { serviceClock } = await import('../../dps/client/target.js');
    const { connectToHub } = await import('../../dps/client/hub-connection.js');
    const { stateOfMessage } = await import('../../dps/client/message-state.js');
    await withRegisteredDevice(id, flags, context, async ({ target, registration, credentials }) => {
      const { deviceId = id, assignedHub = '' } = registration as {
        deviceId?: string;
        assignedHub?: string;
      };
      const sentAt = serviceClock(target)().toISOString();
      const message = given ?? { message: `Hello from ${id}`, sentAt };
      const isRepeated =
        messageId !== undefined && (await stateOfMessage(target, deviceId, messageId)) === 'arrived';
      const hub = await connectToHub({ target, assignedHub, deviceId, ...credentials!, signal });
      try {
        if (!isRepeated) {
          await hub.sendTelemetry(message, messageId === undefined ? {} : { '$.mid': messageId });
        }
        const twin = await hub.getTwin();
        if (output.json) {
          const sent = !isRepeated;
          const answer = { registrationId: id, deviceId, assignedHub, sent, messageId };
          return output.value({ ...answer, ...(sent ? { message } : {}), twin });
        }
        if (isRepeated) {
          const text = JSON.stringify(twin, null, 2);
          output.result(
            'device.not-repeated',
            sentences.cliDevice.send.notRepeated(deviceId, messageId, assignedHub, text),
          );
          return;
        }
        output.result(
          'device.sent',
          sentences.cliDevice.send.sent(
            deviceId,
            JSON.stringify(message),
            assignedHub,
            JSON.stringify(twin, null, 2),
          ),
        );
      } finally {
        await hub.close();
      }
    });
  },
});

function messageFrom(json: string | undefined): object | undefined {
  if (json === undefined) return undefined;
  try {
    const message = parseJsonSource(json).value;
    if (typeof message === 'object' && message !== null) return message;
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new EnrollkitError('USAGE', sentences.cliDevice.send.badJson(cause.message), {
      next: sentences.cliDevice.send.example,
      cause,
    });
  }
  throw new EnrollkitError('USAGE', sentences.cliDevice.send.notAnObject, {
    next: sentences.cliDevice.send.example,
  });
}

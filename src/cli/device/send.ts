import { EnrollkitError } from '../../errors.js';
import { JsonSyntaxError, parseJsonSource } from '../../json-source.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { textFlag } from '../kernel/flags.js';
import { deviceFlags } from './flags.js';

export const deviceSend = defineCommand({
  args: { id: { summary: sentences.cliDevice.id } },
  flags: {
    message: textFlag({ placeholder: 'JSON', summary: sentences.cliDevice.send.message }),
    ...deviceFlags,
  },
  examples: [
    { line: 'device send device-001', summary: sentences.cliDevice.register.folder },
    {
      line: `device send device-002 --message '{"temperature":21.5}'`,
      summary: sentences.cliDevice.send.custom,
    },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertRegistrationId } = await import('../../dps/contract/ids.js');
    assertRegistrationId(id);
    const { output, signal } = context;
    const given = messageFrom(flags.message);
    const { withRegisteredDevice } = await import('./register-device.js');
    const { serviceClock } = await import('../../dps/client/target.js');
    const { connectToHub } = await import('../../dps/client/hub-connection.js');
    await withRegisteredDevice(id, flags, context, async ({ target, registration, credentials }) => {
      const { deviceId = id, assignedHub = '' } = registration as {
        deviceId?: string;
        assignedHub?: string;
      };
      const sentAt = serviceClock(target)().toISOString();
      const message = given ?? { message: `Hello from ${id}`, sentAt };
      const hub = await connectToHub({ target, assignedHub, deviceId, ...credentials, signal });
      try {
        await hub.sendTelemetry(message);
        const twin = await hub.getTwin();
        if (output.json) return output.value({ registrationId: id, deviceId, assignedHub, message, twin });
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

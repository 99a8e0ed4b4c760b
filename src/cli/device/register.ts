import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { deviceFlags } from './flags.js';

export const deviceRegister = defineCommand({
  description: sentences.cliDevice.register.description,
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: deviceFlags,
  examples: [
    { line: 'device register device-001', summary: sentences.cliDevice.register.folder },
    {
      line: 'device register d7 --id-scope 0ne0000ABCD --chain d7.chain.pem --key d7.key.pem',
      summary: sentences.cliDevice.register.files,
    },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertRegistrationId } = await import('../../dps/contract/ids.js');
    assertRegistrationId(id);
    const { withRegisteredDevice } = await import('./register-device.js');
    const { columns } = await import('../terminal/text.js');
    const { output } = context;
    await withRegisteredDevice(id, flags, context, async ({ registration }) => {
      const { deviceId, assignedHub, status, substatus } = registration;
      if (output.json) return output.value({ registrationId: id, deviceId, assignedHub, status, substatus });
      const { registration: rows } = sentences.cliTerminal;
      output.data(
        columns([
          [rows.registrationId, id],
          [rows.deviceId, deviceId ?? ''],
          [rows.status, substatus ? `${status} (${substatus})` : status],
          [rows.hub, assignedHub ?? ''],
        ]).join('\n'),
      );
    });
  },
});

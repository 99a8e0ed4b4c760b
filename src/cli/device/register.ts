import { defineCommand } from '../kernel/command.js';
import { deviceFlags } from './flags.js';

export const deviceRegister = defineCommand({
  description:
    'Registers with the device’s own certificate, as it will in the field, and tells to which hub it was assigned. With --id-scope, at any DPS.',
  args: { id: { summary: 'the registration ID' } },
  flags: deviceFlags,
  examples: [
    { line: 'device register device-001', summary: 'a device of the certificate folder' },
    {
      line: 'device register d7 --id-scope 0ne0000ABCD --chain d7.chain.pem --key d7.key.pem',
      summary: 'with a certificate of your own, at a DPS in Azure',
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
      output.data(
        columns([
          ['Registration ID', id],
          ['Device ID', deviceId ?? ''],
          ['Status', substatus ? `${status} (${substatus})` : status],
          ['Hub', assignedHub ?? ''],
        ]).join('\n'),
      );
    });
  },
});

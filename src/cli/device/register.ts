import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { switchFlag } from '../kernel/flags.js';
import { csrFileFlag, deviceFlags } from './flags.js';

const { register } = sentences.cliDevice;

export const deviceRegister = defineCommand({
  description: register.description,
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: { csr: switchFlag({ summary: register.csr }), ...csrFileFlag, ...deviceFlags },
  examples: [
    { line: 'device register device-001', summary: register.folder },
    {
      line: 'device register d7 --id-scope 0ne0000ABCD --chain d7.chain.pem --key d7.key.pem',
      summary: register.files,
    },
    { line: 'device register device-001 --csr', summary: register.csrExample },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertRegistrationId } = await import('../../dps/contract/ids.js');
    assertRegistrationId(id);
    const { withRegisteredDevice } = await import('./register-device.js');
    const { issuedJson, issuedRows } = await import('./issued-text.js');
    const { columns } = await import('../terminal/text.js');
    const { output } = context;
    await withRegisteredDevice(id, flags, context, async ({ registration, issued }) => {
      const { deviceId, assignedHub, status, substatus } = registration;
      if (output.json) {
        const state = { registrationId: id, deviceId, assignedHub, status, substatus };
        return output.value({ ...state, ...(issued ? { issued: issuedJson(issued) } : {}) });
      }
      const { registration: rows } = sentences.cliTerminal;
      output.data(
        columns([
          [rows.registrationId, id],
          [rows.deviceId, deviceId ?? ''],
          [rows.status, substatus ? `${status} (${substatus})` : status],
          [rows.hub, assignedHub ?? ''],
          ...(issued ? issuedRows(issued) : []),
        ]).join('\n'),
      );
    });
  },
});

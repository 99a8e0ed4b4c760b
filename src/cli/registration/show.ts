import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const registrationShow = defineCommand({
  description:
    'Shows the registration record of a device: its status, the hub that it was assigned to, and when.',
  args: { id: { summary: 'the registration ID' } },
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'registration show device-001', summary: 'where the device was assigned' },
    { line: 'registration show device-001 --json', summary: 'every field that DPS returns' },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertLegalRegistrationId } = await import('../../dps/contract/ids.js');
    assertLegalRegistrationId(id);
    const { sameFolder, withClients } = await import('../target/command-target.js');
    const { registrationText } = await import('../terminal/registration-text.js');
    const { notRegistered } = await import('./not-registered.js');
    const { output, signal } = context;
    const registration = await withClients(flags, context, false, ({ service }) =>
      service.getRegistration(id, { signal }),
    );
    if (!registration) throw notRegistered(id, sameFolder(flags));
    if (output.json) return output.value(registration);
    output.data(registrationText(registration));
  },
});

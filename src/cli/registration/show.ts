import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const registrationShow = defineCommand({
  description: sentences.cliEnrollment.registration.shows,
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'registration show device-001', summary: sentences.cliEnrollment.registration.plain },
    { line: 'registration show device-001 --json', summary: sentences.cliEnrollment.registration.json },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertLegalRegistrationId } = await import('../../dps/contract/ids.js');
    assertLegalRegistrationId(id);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
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

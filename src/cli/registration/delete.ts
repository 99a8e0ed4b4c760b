import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const registrationDelete = defineCommand({
  description: sentences.cliEnrollment.registration.deletes,
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: { ...yesFlag, ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'registration delete device-001', summary: sentences.cliTerminal.asksFirst },
    { line: 'registration delete device-001 --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertLegalRegistrationId } = await import('../../dps/contract/ids.js');
    assertLegalRegistrationId(id);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { notRegistered } = await import('./not-registered.js');
    const { output, signal } = context;
    await confirmed('registration.delete', sentences.cliEnrollment.registration.confirm(id), flags, context);
    await withClients(flags, context, false, async ({ service }) => {
      const present = await service.getRegistration(id, { signal });
      if (!present) throw notRegistered(id, sameFolder(flags));
      // A device that registers meanwhile keeps its new record.
      await service.deleteRegistration(id, { signal, ...(present.etag ? { etag: present.etag } : {}) });
    });
    if (output.json) return output.value({ deleted: id });
    output.result('registration.deleted', sentences.cliEnrollment.registration.deleted(id));
  },
});

import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const registrationDelete = defineCommand({
  description:
    'Deletes the registration record of a device. The device stays in its hub, and can register again as long as it is enrolled.',
  args: { id: { summary: 'the registration ID' } },
  flags: { ...yesFlag, ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'registration delete device-001', summary: 'asks for confirmation first' },
    { line: 'registration delete device-001 --yes', summary: 'without asking' },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertLegalRegistrationId } = await import('../../dps/contract/ids.js');
    assertLegalRegistrationId(id);
    const { sameFolder, withClients } = await import('../target/command-target.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { notRegistered } = await import('./not-registered.js');
    const { output, signal } = context;
    await confirmed('registration.delete', `Delete the registration record of ${id}?`, flags, context);
    await withClients(flags, context, false, async ({ service }) => {
      const present = await service.getRegistration(id, { signal });
      if (!present) throw notRegistered(id, sameFolder(flags));
      // A device that registers meanwhile keeps its new record.
      await service.deleteRegistration(id, { signal, ...(present.etag ? { etag: present.etag } : {}) });
    });
    if (output.json) return output.value({ deleted: id });
    output.result('registration.deleted', `Deleted the registration record of ${id}.`);
  },
});

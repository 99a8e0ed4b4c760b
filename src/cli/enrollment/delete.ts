import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const enrollmentDelete = defineCommand({
  description: sentences.cliEnrollment.delete.description,
  args: { id: { summary: sentences.cliDevice.id, completes: 'devices' } },
  flags: { ...yesFlag, ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'enrollment delete device-042', summary: sentences.cliTerminal.asksFirst },
    { line: 'enrollment delete device-042 --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertLegalRegistrationId } = await import('../../dps/contract/ids.js');
    assertLegalRegistrationId(id);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { noSuchEnrollment } = await import('./no-such-enrollment.js');
    const { output, signal } = context;
    await confirmed('enrollment.delete', sentences.cliEnrollment.delete.confirm(id), flags, context);
    await withClients(flags, context, false, async ({ service }) => {
      const present = await service.getEnrollment(id, { signal });
      if (!present) throw noSuchEnrollment(id, sameFolder(flags));
      // What someone changes meanwhile is not deleted unseen.
      await service.deleteEnrollment(id, { signal, ...(present.etag ? { etag: present.etag } : {}) });
    });
    if (output.json) return output.value({ deleted: id });
    output.result('enrollment.deleted', sentences.cliEnrollment.delete.deleted(id));
  },
});

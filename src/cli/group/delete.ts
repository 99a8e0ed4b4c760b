import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupDelete = defineCommand({
  description: 'Deletes an enrollment group. Its devices stay in their hubs, and cannot register again.',
  args: { id: { summary: 'the enrollment group ID' } },
  flags: { ...yesFlag, ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'group delete line-5', summary: 'it asks first' },
    { line: 'group delete line-5 --yes', summary: 'it does not' },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
    assertEnrollmentGroupId(id);
    const { sameFolder, withClients } = await import('../target/command-target.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('group.delete', `Delete the enrollment group ${id}?`, flags, context);
    await withClients(flags, context, false, async ({ service }) => {
      if (!(await service.getEnrollmentGroup(id, { signal }))) {
        throw new EnrollkitError('NOT_FOUND', `There is no enrollment group ${id}.`, {
          next: `List the existing ones: enrollkit group list${sameFolder(flags)}`,
        });
      }
      await service.deleteEnrollmentGroup(id, { signal });
    });
    if (output.json) return output.value({ deleted: id });
    output.result('group.deleted', `The enrollment group ${id} is deleted.`);
  },
});

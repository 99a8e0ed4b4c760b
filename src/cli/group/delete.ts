import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupDelete = defineCommand({
  description: sentences.cliGroup.delete.description,
  args: { id: { summary: sentences.cliGroup.id, completes: 'groups' } },
  flags: { ...yesFlag, ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'group delete line-5', summary: sentences.cliTerminal.asksFirst },
    { line: 'group delete line-5 --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
    assertEnrollmentGroupId(id);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { noSuchGroup } = await import('./no-such-group.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('group.delete', sentences.cliGroup.delete.confirm(id), flags, context);
    await withClients(flags, context, false, async ({ service }) => {
      if (!(await service.getEnrollmentGroup(id, { signal }))) {
        throw noSuchGroup(id, sameFolder(flags));
      }
      await service.deleteEnrollmentGroup(id, { signal });
    });
    if (output.json) return output.value({ deleted: id });
    output.result('group.deleted', sentences.cliGroup.delete.deleted(id));
  },
});

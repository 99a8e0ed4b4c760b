import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { firstItems, limitFlag } from '../target/list-limit.js';
import { targetFlags } from '../target/target-flags.js';

export const groupDevices = defineCommand({
  description: sentences.cliGroup.devices.description,
  args: { id: { summary: sentences.cliGroup.id, completes: 'groups' } },
  flags: {
    ...limitFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'group devices enrollkit-devices', summary: sentences.cliGroup.devices.examples.plain },
    {
      line: 'group devices line-5 --limit 1000 --json',
      summary: sentences.cliGroup.devices.examples.limited,
    },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
    assertEnrollmentGroupId(id);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { noSuchGroup } = await import('./no-such-group.js');
    const { registrationTable } = await import('../terminal/registration-text.js');
    const { output, signal } = context;
    const found = await withClients(flags, context, false, async ({ service }) => {
      try {
        const listed = service.listRegistrations(id, { signal });
        const { first, isComplete } = await firstItems(listed, flags.limit);
        return { registrations: first, isComplete };
      } catch (error) {
        if (!(error instanceof EnrollkitError) || error.code !== 'NOT_FOUND') throw error;
        throw noSuchGroup(id, sameFolder(flags), error.context);
      }
    });
    const { registrations, isComplete } = found;
    if (output.json) return output.value({ enrollmentGroupId: id, ...found });
    if (registrations.length === 0)
      return output.result('group.devices.empty', sentences.cliGroup.devices.empty(id));
    output.data(registrationTable(registrations));
    if (!isComplete) output.note('group.devices.more', sentences.cliTerminal.listCut(registrations.length));
  },
});

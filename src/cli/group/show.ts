import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupShow = defineCommand({
  args: { id: { summary: 'the enrollment group ID' } },
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'group show enrollkit-devices', summary: 'the group of a quickstart' },
    { line: 'group show enrollkit-devices --json', summary: 'every field that the service gives' },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
    assertEnrollmentGroupId(id);
    const { sameFolder, withClients } = await import('../target/command-target.js');
    const { groupText } = await import('../terminal/enrollment-group-text.js');
    const { output, signal } = context;
    const group = await withClients(flags, context, false, ({ service }) =>
      service.getEnrollmentGroup(id, { signal }),
    );
    if (!group) {
      throw new EnrollkitError('NOT_FOUND', `There is no enrollment group ${id}.`, {
        next: `List the existing ones: enrollkit group list${sameFolder(flags)}`,
      });
    }
    if (output.json) return output.value(group);
    output.data(groupText(group));
  },
});

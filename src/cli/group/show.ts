import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupShow = defineCommand({
  args: { id: { summary: sentences.cliGroup.id, completes: 'groups' } },
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'group show enrollkit-devices', summary: sentences.cliGroup.show.plain },
    { line: 'group show enrollkit-devices --json', summary: sentences.cliGroup.show.json },
  ],
  async run({ args: { id }, flags }, context) {
    const { assertEnrollmentGroupId } = await import('../../dps/contract/ids.js');
    assertEnrollmentGroupId(id);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { shownEnrollment } = await import('../../dps/client/shown-enrollment.js');
    const { noSuchGroup } = await import('./no-such-group.js');
    const { groupText } = await import('../terminal/enrollment-group-text.js');
    const { output, signal } = context;
    const group = await withClients(flags, context, false, ({ service }) =>
      service.getEnrollmentGroup(id, { policy: 'any', signal }),
    );
    if (!group) throw noSuchGroup(id, sameFolder(flags));
    if (output.json) return output.value(shownEnrollment(group));
    output.data(groupText(group));
  },
});

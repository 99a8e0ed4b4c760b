import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const groupList = defineCommand({
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'group list', summary: sentences.cliTerminal.ofLastRun },
    { line: 'group list --target azure --dps-name contoso --json', summary: sentences.cliGroup.list.inAzure },
  ],
  async run({ flags }, context) {
    const { withClients } = await import('../target/command-target.js');
    const { shownEnrollment } = await import('../../dps/client/shown-enrollment.js');
    const { columns } = await import('../terminal/text.js');
    const { attestationText } = await import('../terminal/enrollment-group-text.js');
    const { output, signal } = context;
    const groups = await withClients(flags, context, false, ({ service }) =>
      service.listEnrollmentGroups({ signal }),
    );
    if (output.json) return output.value({ enrollmentGroups: groups.map(shownEnrollment) });
    if (groups.length === 0) return output.result('group.list.empty', sentences.cliGroup.list.empty);
    const rows = groups.map((group) => [
      group.enrollmentGroupId,
      group.provisioningStatus ?? 'enabled',
      group.allocationPolicy ?? '-',
      attestationText(group),
    ]);
    const { heads } = sentences.cliTerminal.enrollment;
    output.data(columns([['ID', heads.status, heads.allocation, heads.attestation], ...rows]).join('\n'));
  },
});

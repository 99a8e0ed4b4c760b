import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caList = defineCommand({
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'ca list', summary: 'those of the last run’s provisioning service' },
    { line: 'ca list --json', summary: 'as JSON' },
  ],
  async run({ flags }, context) {
    const { withClients } = await import('../target/command-target.js');
    const { columns } = await import('../terminal/text.js');
    const { uploadedCa } = await import('./ca-text.js');
    const { output, signal } = context;
    const found = await withClients(flags, context, false, ({ control }) =>
      control.listCertificates({ signal }),
    );
    const authorities = found.map(uploadedCa);
    if (output.json) return output.value({ certificates: authorities });
    if (authorities.length === 0) return output.result('ca.list.empty', 'No CA certificate is uploaded.');
    const rows = authorities.map(({ name, isVerified, subject }) => [
      name,
      isVerified ? 'proven' : 'not proven',
      subject,
    ]);
    output.data(columns([['NAME', 'POSSESSION', 'SUBJECT'], ...rows]).join('\n'));
  },
});

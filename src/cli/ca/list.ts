import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caList = defineCommand({
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'ca list', summary: sentences.cliTerminal.ofLastRun },
    { line: 'ca list --json', summary: sentences.cliTerminal.asJson },
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
    if (authorities.length === 0) return output.result('ca.list.empty', sentences.cliCa.list.empty);
    const rows = authorities.map(({ name, isVerified, subject }) => [
      name,
      isVerified ? sentences.cliCa.verified : sentences.cliCa.unverified,
      subject,
    ]);
    output.data(
      columns([
        [
          sentences.cliCa.list.heads.name,
          sentences.cliCa.list.heads.status,
          sentences.cliCa.list.heads.subject,
        ],
        ...rows,
      ]).join('\n'),
    );
  },
});

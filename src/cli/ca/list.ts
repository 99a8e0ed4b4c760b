import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { dirFlag, outputFlags, targetFlags } from '../kernel/untyped-flags.js';

export const caList: Command = {
  flags: [dirFlag, ...targetFlags, ...outputFlags],
  examples: [
    { line: 'ca list', summary: 'those of the last run’s provisioning service' },
    { line: 'ca list --json', summary: 'as JSON' },
  ],
  run,
};

async function run({ flags }: Input, context: Context): Promise<void> {
  const { withClients } = await import('../target/command-target.js');
  const { columns } = await import('../terminal/columns.js');
  const { uploadedCa } = await import('./ca-text.js');
  const { output, signal } = context;
  const found = await withClients(flags, context, false, ({ control }) =>
    control.listCertificates({ signal }),
  );
  const authorities = found.map(uploadedCa);
  if (output.json) return output.value({ certificates: authorities });
  if (authorities.length === 0) return output.data('No CA certificate is uploaded.');
  const rows = authorities.map(({ name, isVerified, subject }) => [
    name,
    isVerified ? 'proven' : 'not proven',
    subject,
  ]);
  output.data(columns([['NAME', 'POSSESSION', 'SUBJECT'], ...rows]).join('\n'));
}

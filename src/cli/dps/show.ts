import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const dpsShow = defineCommand({
  description:
    'Shows a provisioning service: its ID scope, its endpoints, and the hubs that are linked to it.',
  args: { name: { summary: 'the name of the provisioning service' } },
  flags: { ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'dps show contoso-dps --target azure', summary: 'in any subscription' },
    { line: 'dps show enrollkit-dps --json', summary: 'that of the emulator, as JSON' },
  ],
  async run({ args: { name }, flags }, context) {
    const { requireService, withAccount } = await import('../target/account.js');
    const { serviceText } = await import('./service-text.js');
    const { output, signal } = context;
    const service = await withAccount(flags, context, false, (account) =>
      requireService(account, name, flags, signal),
    );
    if (output.json) return output.value(service);
    output.data(serviceText(service));
  },
});

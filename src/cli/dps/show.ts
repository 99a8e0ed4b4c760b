import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const dpsShow = defineCommand({
  description: sentences.cliDps.showService,
  args: { name: { summary: sentences.cliDps.serviceName } },
  flags: { ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'dps show contoso-dps --target azure', summary: sentences.cliDps.anySubscription },
    { line: 'dps show enrollkit-dps --json', summary: sentences.cliDps.emulatorServiceAsJson },
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

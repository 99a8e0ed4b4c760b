import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const dpsList = defineCommand({
  description:
    'Lists the provisioning services of your Azure subscriptions (or of the emulator, which has one unless you create more).',
  flags: { ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'dps list --target azure', summary: 'in all subscriptions that you can read' },
    {
      line: 'dps list --target azure --resource-group plant --json',
      summary: 'in one resource group, as JSON',
    },
  ],
  async run({ flags }, context) {
    const { servicesOf, withAccount } = await import('../target/account.js');
    const { serviceTable } = await import('./service-text.js');
    const { output, signal } = context;
    const services = await withAccount(flags, context, false, (account) => servicesOf(account, signal));
    if (output.json) return output.value({ provisioningServices: services });
    if (services.length === 0) return output.result('dps.list.empty', 'There are no provisioning services.');
    output.data(serviceTable(services));
  },
});

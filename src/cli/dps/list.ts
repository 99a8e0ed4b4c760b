import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const dpsList = defineCommand({
  description: sentences.cliDps.listServices,
  flags: { ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'dps list --target azure', summary: sentences.cliDps.allSubscriptions },
    {
      line: 'dps list --target azure --resource-group plant --json',
      summary: sentences.cliDps.oneResourceGroup,
    },
  ],
  async run({ flags }, context) {
    const { servicesOf, withAccount } = await import('../target/account.js');
    const { serviceTable } = await import('./service-text.js');
    const { output, signal } = context;
    const services = await withAccount(flags, context, false, (account) => servicesOf(account, signal));
    if (output.json) return output.value({ provisioningServices: services });
    if (services.length === 0) return output.result('dps.list.empty', sentences.cliDps.noServices);
    output.data(serviceTable(services));
  },
});

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags, newResourceFlags } from '../target/account-flags.js';

export const dpsCreate = defineCommand({
  description: sentences.cliDps.createService,
  args: { name: { summary: sentences.cliDps.newServiceName } },
  flags: { ...newResourceFlags, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    {
      line: 'dps create contoso-dps --resource-group plant --location westeurope --target azure',
      summary: sentences.cliDps.inAzure,
    },
    {
      line: 'dps create second --resource-group enrollkit --tag owner=me',
      summary: sentences.cliDps.second,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { serviceNameProblem } = await import('../../dps/contract/ids.js');
    const problem = serviceNameProblem(name);
    if (problem) throw new EnrollkitError('USAGE', problem, { next: sentences.cliDps.chooseName });
    const { withAccount } = await import('../target/account.js');
    const { locationIn, newScope } = await import('../target/new-resource.js');
    const { serviceText } = await import('./service-text.js');
    const { output, signal } = context;
    const service = await withAccount(flags, context, true, async (account) => {
      const scope = await newScope(account, flags);
      const taken = await account.manager.serviceNameProblem(scope.subscriptionId, name, { signal });
      if (taken !== undefined) {
        throw new EnrollkitError('CONFLICT', sentences.cliDps.serviceNameTaken(name, taken), {
          next: sentences.cliDps.chooseUniqueName,
        });
      }
      const location = await locationIn(account, scope, flags, context);
      const tags = Object.fromEntries(flags.tag ?? []);
      return account.manager.createService(scope, name, { location, tags }, { signal });
    });
    if (output.json) return output.value(service);
    output.data(serviceText(service));
  },
});

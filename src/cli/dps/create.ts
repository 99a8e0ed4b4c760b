import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags, newResourceFlags } from '../target/account-flags.js';

export const dpsCreate = defineCommand({
  description:
    'Creates a provisioning service (SKU S1; Azure bills its operations), and its resource group if that does not exist. It takes about a minute. Devices can register once a hub is linked: hub link.',
  args: { name: { summary: 'its name, which no one else in Azure has: 3 to 64 letters, digits and -' } },
  flags: { ...newResourceFlags, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    {
      line: 'dps create contoso-dps --resource-group plant --location westeurope --target azure',
      summary: 'in Azure',
    },
    {
      line: 'dps create second --resource-group enrollkit --tag owner=me',
      summary: 'a second one in the emulator',
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { serviceNameProblem } = await import('../../dps/contract/ids.js');
    const problem = serviceNameProblem(name);
    if (problem) throw new EnrollkitError('USAGE', problem, { next: 'Choose another name.' });
    const { withAccount } = await import('../target/account.js');
    const { locationIn, newScope } = await import('../target/new-resource.js');
    const { serviceText } = await import('./service-text.js');
    const { output, signal } = context;
    const service = await withAccount(flags, context, true, async (account) => {
      const scope = await newScope(account, flags);
      const taken = await account.manager.serviceNameProblem(scope.subscriptionId, name, { signal });
      if (taken !== undefined) {
        throw new EnrollkitError('CONFLICT', `No provisioning service can be called ${name}: ${taken}`, {
          next: 'Choose another name: each is unique in Azure.',
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

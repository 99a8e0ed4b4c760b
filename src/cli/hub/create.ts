import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { choiceFlag } from '../kernel/flags.js';
import { accountFlags, newResourceFlags } from '../target/account-flags.js';

export const hubCreate = defineCommand({
  description:
    'Creates an IoT hub, and its resource group if that does not exist. It takes one to three minutes. Azure bills a hub by the day until you delete it, except for the SKU F1, of which a subscription can have one.',
  args: { name: { summary: 'its name, which no one else in Azure has: 3 to 50 letters, digits and -' } },
  flags: {
    sku: choiceFlag({
      placeholder: 'SKU',
      choices: ['F1', 'B1', 'B2', 'B3', 'S1', 'S2', 'S3'],
      summary: 'its tier and size (default: S1); F1 is free',
    }),
    ...newResourceFlags,
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    {
      line: 'hub create contoso-hub --resource-group plant --location westeurope --target azure',
      summary: 'in Azure',
    },
    { line: 'hub create hub-2 --resource-group enrollkit', summary: 'a second one in the emulator' },
  ],
  async run({ args: { name }, flags }, context) {
    const { hubNameProblem } = await import('../../dps/contract/ids.js');
    const problem = hubNameProblem(name);
    if (problem) throw new EnrollkitError('USAGE', problem, { next: 'Choose another name.' });
    const { withAccount } = await import('../target/account.js');
    const { locationIn, newScope } = await import('../target/new-resource.js');
    const { columns } = await import('../terminal/text.js');
    const { output, signal } = context;
    const hub = await withAccount(flags, context, true, async (account) => {
      const scope = await newScope(account, flags);
      const taken = await account.manager.hubNameProblem(scope.subscriptionId, name, { signal });
      if (taken !== undefined) {
        throw new EnrollkitError('CONFLICT', `No IoT hub can be called ${name}: ${taken}`, {
          next: 'Choose another name: each is unique in Azure.',
        });
      }
      const location = await locationIn(account, scope, flags, context);
      const tags = Object.fromEntries(flags.tag ?? []);
      return account.manager.createHub(scope, name, { location, tags, sku: flags.sku ?? 'S1' }, { signal });
    });
    if (output.json) return output.value(hub);
    output.data(
      columns([
        ['Name', hub.name],
        ['Location', hub.location],
        ['SKU', hub.sku?.name ?? ''],
        ['Host name', hub.properties.hostName ?? ''],
      ]).join('\n'),
    );
  },
});

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { choiceFlag } from '../kernel/flags.js';
import { accountFlags, newResourceFlags } from '../target/account-flags.js';

export const hubCreate = defineCommand({
  description: sentences.cliDps.createHub,
  args: { name: { summary: sentences.cliDps.newHubName } },
  flags: {
    sku: choiceFlag({
      placeholder: 'SKU',
      choices: ['F1', 'B1', 'B2', 'B3', 'S1', 'S2', 'S3'],
      summary: sentences.cliDps.sku,
    }),
    ...newResourceFlags,
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    {
      line: 'hub create contoso-hub --resource-group plant --location westeurope --target azure',
      summary: sentences.cliDps.inAzure,
    },
    { line: 'hub create hub-2 --resource-group enrollkit', summary: sentences.cliDps.second },
  ],
  async run({ args: { name }, flags }, context) {
    const { hubNameProblem } = await import('../../dps/contract/ids.js');
    const problem = hubNameProblem(name);
    if (problem) throw new EnrollkitError('USAGE', problem, { next: sentences.cliDps.chooseName });
    const { withAccount } = await import('../target/account.js');
    const { locationIn, newScope } = await import('../target/new-resource.js');
    const { columns } = await import('../terminal/text.js');
    const { output, signal } = context;
    const hub = await withAccount(flags, context, true, async (account) => {
      const scope = await newScope(account, flags);
      const taken = await account.manager.hubNameProblem(scope.subscriptionId, name, { signal });
      if (taken !== undefined) {
        throw new EnrollkitError('CONFLICT', sentences.cliDps.hubNameTaken(name, taken), {
          next: sentences.cliDps.chooseUniqueName,
        });
      }
      const location = await locationIn(account, scope, flags, context);
      const tags = Object.fromEntries(flags.tag ?? []);
      return account.manager.createHub(scope, name, { location, tags, sku: flags.sku ?? 'S1' }, { signal });
    });
    if (output.json) return output.value(hub);
    const { rows: labels } = sentences.cliDps;
    output.data(
      columns([
        [labels.name, hub.name],
        [labels.location, hub.location],
        [labels.sku, hub.sku?.name ?? ''],
        [labels.hostName, hub.properties.hostName ?? ''],
      ]).join('\n'),
    );
  },
});

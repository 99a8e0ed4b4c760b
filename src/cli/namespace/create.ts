import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags, newResourceFlags } from '../target/account-flags.js';

const { namespace } = sentences.cliRegistry;

export const namespaceCreate = defineCommand({
  description: namespace.create,
  args: { name: { summary: namespace.newName } },
  flags: { ...newResourceFlags, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    {
      line: 'namespace create plant --resource-group plant --location westeurope --target azure',
      summary: sentences.cliDps.inAzure,
    },
    { line: 'namespace create plant --resource-group enrollkit', summary: sentences.cliRegistry.inEmulator },
  ],
  async run({ args: { name }, flags }, context) {
    const { namespaceNameProblem } = await import('../../dps/contract/ids.js');
    const problem = namespaceNameProblem(name);
    if (problem) throw new EnrollkitError('USAGE', problem, { next: sentences.cliDps.chooseName });
    const { withAccount } = await import('../target/account.js');
    const { locationIn, newScope } = await import('../target/new-resource.js');
    const { namespaceText } = await import('./namespace-text.js');
    const { output, signal } = context;
    const created = await withAccount(flags, context, true, async (account) => {
      const scope = { ...(await newScope(account, flags)), namespaceName: name };
      const location = await locationIn(account, scope, flags, context);
      if (await account.registry.getNamespace(scope, { signal })) {
        throw new EnrollkitError('CONFLICT', namespace.exists(name, scope.resourceGroup));
      }
      const tags = Object.fromEntries(flags.tag ?? []);
      return account.registry.createNamespace(scope, { location, tags }, { signal });
    });
    if (output.json) return output.value(created);
    output.data(namespaceText(created));
  },
});

import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';
import { caNameFlag, namespaceFlag } from '../target/registry-flags.js';

const { policy } = sentences.cliRegistry;

export const policyDelete = defineCommand({
  description: policy.delete,
  args: { name: { summary: policy.name } },
  flags: { ...namespaceFlag, ...caNameFlag, ...yesFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    {
      line: 'policy delete short --namespace plant --ca-name line-5',
      summary: sentences.cliTerminal.asksFirst,
    },
    {
      line: 'policy delete short --namespace plant --ca-name line-5 --yes',
      summary: sentences.cliTerminal.withoutAsking,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireNamespace, requirePolicy } = await import('../target/registry-target.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('policy.delete', policy.confirmDelete(name), flags, context);
    await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, flags.namespace, signal);
      const { authority, policy: found } = await requirePolicy(account, scope, flags.caName, name, signal);
      await account.registry.deletePolicy(scope, authority.name, found.name, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('policy.deleted', policy.deleted(name));
  },
});

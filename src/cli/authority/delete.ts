import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';
import { namespaceFlag } from '../target/registry-flags.js';

const { authority } = sentences.cliRegistry;

export const authorityDelete = defineCommand({
  description: authority.delete,
  args: { name: { summary: authority.name } },
  flags: { ...namespaceFlag, ...yesFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'authority delete own --namespace plant', summary: sentences.cliTerminal.asksFirst },
    { line: 'authority delete own --namespace plant --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { name }, flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireAuthority, requireNamespace } = await import('../target/registry-target.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('authority.delete', authority.confirmDelete(name), flags, context);
    await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, flags.namespace, signal);
      const { name: own } = await requireAuthority(account, scope, name, signal);
      await account.registry.deleteAuthority(scope, own, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('authority.deleted', authority.deleted(name));
  },
});

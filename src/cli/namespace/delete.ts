import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

const { namespace } = sentences.cliRegistry;

export const namespaceDelete = defineCommand({
  description: namespace.delete,
  args: { name: { summary: namespace.name } },
  flags: { ...yesFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'namespace delete plant --target azure', summary: sentences.cliTerminal.asksFirst },
    { line: 'namespace delete plant --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { name }, flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireNamespace } = await import('../target/registry-target.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('namespace.delete', namespace.confirmDelete(name), flags, context);
    await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, name, signal);
      await account.registry.deleteNamespace(scope, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('namespace.deleted', namespace.deleted(name));
  },
});

import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const hubDelete = defineCommand({
  description: sentences.cliDps.deleteHub,
  args: { name: { summary: sentences.cliDps.hubName } },
  flags: { ...yesFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'hub delete contoso-hub --target azure', summary: sentences.cliTerminal.asksFirst },
    { line: 'hub delete hub-2 --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { name }, flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { requireHub, withAccount } = await import('../target/account.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('hub.delete', sentences.cliDps.confirmDeleteHub(name), flags, context);
    await withAccount(flags, context, false, async (account) => {
      const hub = await requireHub(account, name, flags, signal);
      await account.manager.deleteHub(scopeOf(hub.id), hub.name, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('hub.deleted', sentences.cliDps.hubDeleted(name));
  },
});

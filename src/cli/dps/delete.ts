import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const dpsDelete = defineCommand({
  description: sentences.cliDps.deleteService,
  args: { name: { summary: sentences.cliDps.serviceName } },
  flags: { ...yesFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'dps delete contoso-dps --target azure', summary: sentences.cliTerminal.asksFirst },
    { line: 'dps delete second --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { name }, flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { requireService, withAccount } = await import('../target/account.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('dps.delete', sentences.cliDps.confirmDeleteService(name), flags, context);
    await withAccount(flags, context, false, async (account) => {
      const service = await requireService(account, name, flags, signal);
      await account.manager.deleteService(scopeOf(service.id), service.name, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('dps.deleted', sentences.cliDps.serviceDeleted(name));
  },
});

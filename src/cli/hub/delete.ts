import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const hubDelete = defineCommand({
  description:
    'Deletes an IoT hub with its devices and their messages. Unlink it from provisioning services first: hub unlink.',
  args: { name: { summary: 'the name of the IoT hub' } },
  flags: { ...yesFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'hub delete contoso-hub --target azure', summary: 'asks for confirmation first' },
    { line: 'hub delete hub-2 --yes', summary: 'without asking' },
  ],
  async run({ args: { name }, flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { requireHub, withAccount } = await import('../target/account.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('hub.delete', `Delete the IoT hub ${name} and all its devices?`, flags, context);
    await withAccount(flags, context, false, async (account) => {
      const hub = await requireHub(account, name, flags, signal);
      await account.manager.deleteHub(scopeOf(hub.id), hub.name, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('hub.deleted', `Deleted the IoT hub ${name}.`);
  },
});

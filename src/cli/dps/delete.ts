import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const dpsDelete = defineCommand({
  description:
    'Deletes a provisioning service with its enrollments, CA certificates and registration records. The linked hubs and the devices in them stay.',
  args: { name: { summary: 'the name of the provisioning service' } },
  flags: { ...yesFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'dps delete contoso-dps --target azure', summary: 'asks for confirmation first' },
    { line: 'dps delete second --yes', summary: 'without asking' },
  ],
  async run({ args: { name }, flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { requireService, withAccount } = await import('../target/account.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed(
      'dps.delete',
      `Delete the provisioning service ${name} and all its enrollments?`,
      flags,
      context,
    );
    await withAccount(flags, context, false, async (account) => {
      const service = await requireService(account, name, flags, signal);
      await account.manager.deleteService(scopeOf(service.id), service.name, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('dps.deleted', `Deleted the provisioning service ${name}.`);
  },
});

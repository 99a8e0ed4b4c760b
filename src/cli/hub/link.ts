import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags, dpsNameFlag } from '../target/account-flags.js';

export const hubLink = defineCommand({
  description: sentences.cliDps.linkHub,
  args: { hub: { summary: sentences.cliDps.hubNameOrId } },
  flags: { ...dpsNameFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'hub link contoso-hub --dps-name contoso-dps --target azure', summary: sentences.cliDps.inAzure },
    { line: 'hub link hub-2', summary: sentences.cliDps.toEmulatorService },
  ],
  async run({ args: { hub: name }, flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { requireHub, requireService, withAccount } = await import('../target/account.js');
    const { linkResult } = await import('./link-result.js');
    const { output, signal } = context;
    const { service, hub } = await withAccount(flags, context, false, async (account) => {
      const before = await requireService(account, account.dpsName, flags, signal);
      const found = await requireHub(account, name, flags, signal);
      const changed = await account.manager.linkHub(scopeOf(before.id), before.name, found, { signal });
      return { service: changed, hub: found };
    });
    if (output.json) return output.value(linkResult(service));
    output.result('hub.linked', sentences.cliDps.hubLinked(hub.name, service.name));
  },
});

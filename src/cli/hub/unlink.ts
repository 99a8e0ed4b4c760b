import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags, dpsNameFlag } from '../target/account-flags.js';

export const hubUnlink = defineCommand({
  description: sentences.cliDps.unlinkHub,
  args: { hub: { summary: sentences.cliDps.hubNameOrHost } },
  flags: { ...yesFlag, ...dpsNameFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    {
      line: 'hub unlink contoso-hub --dps-name contoso-dps --target azure',
      summary: sentences.cliTerminal.asksFirst,
    },
    {
      line: 'hub unlink hub-2 --yes',
      summary: sentences.cliDps.fromEmulatorService,
    },
  ],
  async run({ args: { hub: name }, flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { hubsOf, requireService, sameName, withAccount } = await import('../target/account.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { linkResult } = await import('./link-result.js');
    const { output, signal } = context;
    await confirmed('hub.unlink', sentences.cliDps.confirmUnlink(name), flags, context);
    const service = await withAccount(flags, context, false, async (account) => {
      const before = await requireService(account, account.dpsName, flags, signal);
      const links = (before.properties.iotHubs ?? []).map((hub) => hub.name);
      // The hub itself may be gone, or out of sight.
      const hub = (await hubsOf(account, signal)).find((one) => sameName(one.name, name));
      const host = links.find(
        (link) =>
          sameName(link, hub?.properties.hostName ?? name) ||
          sameName(link, name) ||
          link.toLowerCase().startsWith(`${name.toLowerCase()}.`),
      );
      if (host === undefined) {
        throw new EnrollkitError('HUB_NOT_LINKED', sentences.cliDps.hubNotLinked(name, before.name, links), {
          next: sentences.cliDps.nameLinkedHub,
        });
      }
      return account.manager.unlinkHub(scopeOf(before.id), before.name, host, { signal });
    });
    if (output.json) return output.value(linkResult(service));
    output.result('hub.unlinked', sentences.cliDps.hubUnlinked(name, service.name));
  },
});

import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { accountFlags, dpsNameFlag } from '../target/account-flags.js';

export const hubUnlink = defineCommand({
  description:
    'Unlinks an IoT hub from a provisioning service: no more devices are assigned to it. Devices that are in the hub stay there.',
  args: { hub: { summary: 'the name of the IoT hub, or its host name' } },
  flags: { ...yesFlag, ...dpsNameFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    {
      line: 'hub unlink contoso-hub --dps-name contoso-dps --target azure',
      summary: 'asks for confirmation first',
    },
    {
      line: 'hub unlink hub-2 --yes',
      summary: 'from the provisioning service of the emulator, without asking',
    },
  ],
  async run({ args: { hub: name }, flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { hubsOf, requireService, sameName, withAccount } = await import('../target/account.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { linkResult } = await import('./link-result.js');
    const { output, signal } = context;
    await confirmed('hub.unlink', `Unlink the IoT hub ${name}?`, flags, context);
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
        const linked = links.length === 0 ? 'No hub is.' : `Linked are: ${links.join(', ')}.`;
        throw new EnrollkitError(
          'HUB_NOT_LINKED',
          `The IoT hub ${name} is not linked to ${before.name}. ${linked}`,
          {
            next: 'Name one of the linked hubs.',
          },
        );
      }
      return account.manager.unlinkHub(scopeOf(before.id), before.name, host, { signal });
    });
    if (output.json) return output.value(linkResult(service));
    output.result('hub.unlinked', `The IoT hub ${name} is no longer linked to ${service.name}.`);
  },
});

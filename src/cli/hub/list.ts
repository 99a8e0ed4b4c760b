import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

export const hubList = defineCommand({
  description: sentences.cliDps.listHubs,
  flags: { ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'hub list --target azure', summary: sentences.cliDps.allSubscriptions },
    { line: 'hub list --json', summary: sentences.cliDps.emulatorHubsAsJson },
  ],
  async run({ flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { hubsOf, sameName, servicesOf, withAccount } = await import('../target/account.js');
    const { columns } = await import('../terminal/text.js');
    const { output, signal } = context;
    const hubs = await withAccount(flags, context, false, async (account) => {
      const services = await servicesOf({ ...account, resourceGroup: undefined }, signal);
      const { resourceGroup } = account;
      const found = await hubsOf(account, signal);
      return found
        .filter(({ id }) => resourceGroup === undefined || sameName(scopeOf(id).resourceGroup, resourceGroup))
        .map((hub) => {
          const { hostName } = hub.properties;
          const isLinked = ({ properties }: (typeof services)[number]) =>
            properties.iotHubs?.some(({ name }) => hostName != null && sameName(name, hostName));
          return { ...hub, linkedTo: services.filter(isLinked).map(({ name }) => name) };
        });
    });
    if (output.json) return output.value({ iotHubs: hubs });
    if (hubs.length === 0) return output.result('hub.list.empty', sentences.cliDps.noHubs);
    const rows = hubs.map(({ id, name, sku, properties, linkedTo }) => [
      name,
      scopeOf(id).resourceGroup,
      sku?.name ?? '-',
      linkedTo.join(', ') || '-',
      properties.hostName ?? '-',
    ]);
    const { heads } = sentences.cliDps;
    output.data(
      columns([[heads.name, heads.resourceGroup, heads.sku, heads.linkedTo, heads.hostName], ...rows]).join(
        '\n',
      ),
    );
  },
});

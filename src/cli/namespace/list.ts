import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

const { namespace } = sentences.cliRegistry;

export const namespaceList = defineCommand({
  description: namespace.list,
  flags: { ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'namespace list --target azure', summary: sentences.cliDps.allSubscriptions },
    { line: 'namespace list --json', summary: sentences.cliTerminal.asJson },
  ],
  async run({ flags }, context) {
    const { scopeOf } = await import('../../dps/client/resource-manager.js');
    const { withAccount } = await import('../target/account.js');
    const { namespacesOf } = await import('../target/registry-target.js');
    const { columns } = await import('../terminal/text.js');
    const { linkedNames } = await import('./namespace-text.js');
    const { output, signal } = context;
    const namespaces = await withAccount(flags, context, false, (account) => namespacesOf(account, signal));
    if (output.json) return output.value({ namespaces });
    if (namespaces.length === 0) return output.result('namespace.list.empty', namespace.none);
    const { heads } = sentences.cliDps;
    const rows = namespaces.map(({ id, name, location, properties }) => [
      name,
      scopeOf(id).resourceGroup,
      location,
      linkedNames(properties.provisioning).join(', ') || '-',
    ]);
    output.data(
      columns([[heads.name, heads.resourceGroup, heads.location, heads.linkedTo], ...rows]).join('\n'),
    );
  },
});

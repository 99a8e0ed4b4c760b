import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';
import { namespaceFlag } from '../target/registry-flags.js';

const { authority } = sentences.cliRegistry;

export const authorityList = defineCommand({
  description: authority.list,
  flags: { ...namespaceFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'authority list --namespace plant', summary: sentences.cliRegistry.inEmulator },
    { line: 'authority list --namespace plant --target azure --json', summary: sentences.cliTerminal.asJson },
  ],
  async run({ flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireNamespace } = await import('../target/registry-target.js');
    const { columns } = await import('../terminal/text.js');
    const { issuerText, statusText } = await import('./authority-text.js');
    const { output, signal } = context;
    const authorities = await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, flags.namespace, signal);
      return account.registry.listAuthorities(scope, { signal });
    });
    if (output.json) return output.value({ certificateAuthorities: authorities });
    if (authorities.length === 0) return output.result('authority.list.empty', authority.none);
    const { heads } = authority;
    const rows = authorities.map((one) => [
      one.name,
      one.properties.certificateAuthorityType,
      issuerText(one) || '-',
      statusText(one) || '-',
    ]);
    output.data(columns([[heads.name, heads.type, heads.issuer, heads.status], ...rows]).join('\n'));
  },
});

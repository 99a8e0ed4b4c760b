import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';
import { namespaceFlag } from '../target/registry-flags.js';

const { policy } = sentences.cliRegistry;

export const policyList = defineCommand({
  description: policy.list,
  flags: { ...namespaceFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'policy list --namespace plant', summary: sentences.cliRegistry.inEmulator },
    { line: 'policy list --namespace plant --target azure --json', summary: sentences.cliTerminal.asJson },
  ],
  async run({ flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireNamespace } = await import('../target/registry-target.js');
    const { columns } = await import('../terminal/text.js');
    const { validityText } = await import('./policy-text.js');
    const { output, signal } = context;
    const policies = await withAccount(flags, context, false, async (account) => {
      const { registry } = account;
      const { scope } = await requireNamespace(account, flags.namespace, signal);
      const authorities = await registry.listAuthorities(scope, { signal });
      const issuers = authorities.filter(({ properties }) => properties.certificateAuthorityType === 'ICA');
      const lists = await Promise.all(
        issuers.map(async ({ name: certificateAuthorityName }) =>
          (await registry.listPolicies(scope, certificateAuthorityName, { signal })).map((one) => ({
            ...one,
            certificateAuthorityName,
          })),
        ),
      );
      return lists.flat();
    });
    if (output.json) return output.value({ certificatePolicies: policies });
    if (policies.length === 0) return output.result('policy.list.empty', policy.none);
    const { heads } = policy;
    const rows = policies.map((one) => [one.name, one.certificateAuthorityName, validityText(one)]);
    output.data(columns([[heads.name, heads.authority, heads.validity], ...rows]).join('\n'));
  },
});

import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';
import { caNameFlag, namespaceFlag } from '../target/registry-flags.js';

const { policy } = sentences.cliRegistry;

export const policyShow = defineCommand({
  description: policy.show,
  args: { name: { summary: policy.name } },
  flags: { ...namespaceFlag, ...caNameFlag, ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    {
      line: 'policy show short --namespace plant --ca-name line-5',
      summary: sentences.cliRegistry.inEmulator,
    },
    {
      line: 'policy show short --namespace plant --ca-name line-5 --json',
      summary: sentences.cliTerminal.asJson,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireNamespace, requirePolicy } = await import('../target/registry-target.js');
    const { policyText } = await import('./policy-text.js');
    const { output, signal } = context;
    const { policy: found } = await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, flags.namespace, signal);
      return requirePolicy(account, scope, flags.caName, name, signal);
    });
    if (output.json) return output.value(found);
    output.data(policyText(found));
  },
});

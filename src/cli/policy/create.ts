import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { numberFlag } from '../kernel/flags.js';
import { accountFlags } from '../target/account-flags.js';
import { caNameFlag, namespaceFlag } from '../target/registry-flags.js';

const { policy } = sentences.cliRegistry;

const defaultValidityDays = 30;

export const policyCreate = defineCommand({
  description: policy.create,
  args: { name: { summary: policy.newName } },
  flags: {
    ...namespaceFlag,
    ...caNameFlag,
    'validity-days': numberFlag({ placeholder: 'N', minimum: 1, maximum: 90, summary: policy.validityDays }),
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'policy create short --namespace plant --ca-name line-5', summary: policy.usual },
    {
      line: 'policy create short --namespace plant --ca-name line-5 --validity-days 7',
      summary: policy.week,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { registryNameProblem } = await import('../../dps/contract/ids.js');
    const problem = registryNameProblem(name);
    if (problem) throw new EnrollkitError('USAGE', problem, { next: sentences.cliDps.chooseName });
    const { withAccount } = await import('../target/account.js');
    const { requireAuthority, requireNamespace } = await import('../target/registry-target.js');
    const { policyText } = await import('./policy-text.js');
    const { output, signal } = context;
    const created = await withAccount(flags, context, false, async (account) => {
      const { scope, namespace } = await requireNamespace(account, flags.namespace, signal);
      const authority = await requireAuthority(account, scope, flags.caName, signal);
      if (await account.registry.getPolicy(scope, authority.name, name, { signal })) {
        throw new EnrollkitError('CONFLICT', policy.exists(name, authority.name));
      }
      const validityDays = flags.validityDays ?? defaultValidityDays;
      const wanted = { validityDays, location: namespace.location, tags: {} };
      return account.registry.putPolicy(scope, authority.name, name, wanted, { signal });
    });
    if (output.json) return output.value(created);
    output.data(policyText(created));
  },
});

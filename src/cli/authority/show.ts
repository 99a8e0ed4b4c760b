import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { switchFlag } from '../kernel/flags.js';
import { accountFlags } from '../target/account-flags.js';
import { namespaceFlag } from '../target/registry-flags.js';

const { authority } = sentences.cliRegistry;

export const authorityShow = defineCommand({
  description: authority.show,
  args: { name: { summary: authority.name } },
  flags: {
    ...namespaceFlag,
    csr: switchFlag({ summary: authority.csr }),
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'authority show root --namespace plant', summary: sentences.cliRegistry.inEmulator },
    { line: 'authority show own --namespace plant --csr > own.csr.pem', summary: authority.csrExample },
  ],
  async run({ args: { name }, flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireAuthority, requireNamespace } = await import('../target/registry-target.js');
    const { authorityText } = await import('./authority-text.js');
    const { output, signal } = context;
    const found = await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, flags.namespace, signal);
      return requireAuthority(account, scope, name, signal);
    });
    const csr = found.properties.issuer?.certificateSigningRequest;
    if (flags.csr && csr == null) throw new EnrollkitError('NOT_FOUND', authority.noRequest(name));
    if (output.json) return output.value(found);
    output.data(flags.csr ? csr!.trimEnd() : authorityText(found));
  },
});

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { repeatable, textFlag } from '../kernel/flags.js';
import { accountFlags } from '../target/account-flags.js';
import { namespaceFlag } from '../target/registry-flags.js';

const { authority } = sentences.cliRegistry;

export const authorityActivate = defineCommand({
  description: authority.activate,
  args: { name: { summary: authority.name } },
  flags: {
    ...namespaceFlag,
    chain: repeatable(textFlag({ placeholder: 'FILE', summary: authority.chain })),
    ...dirFlag,
    ...accountFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'authority activate own --namespace plant --chain own.chain.pem', summary: authority.oneFile },
    {
      line: 'authority activate own --namespace plant --chain own.pem --chain ca/root/certificate.pem',
      summary: authority.severalFiles,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { certificateToPem } = await import('../../pki/x509/certificate.js');
    const { readAllCertificates } = await import('../input/material.js');
    const { withAccount } = await import('../target/account.js');
    const { requireAuthority, requireNamespace } = await import('../target/registry-target.js');
    const { authorityText } = await import('./authority-text.js');
    const { output, signal } = context;
    if (flags.chain === undefined) {
      throw new EnrollkitError('USAGE', authority.noChain, { next: authority.giveChain(name) });
    }
    const certificates = await readAllCertificates(flags.chain, {});
    const chain = [...new Set(certificates.map(certificateToPem))].join('');
    const activated = await withAccount(flags, context, false, async (account) => {
      const { scope } = await requireNamespace(account, flags.namespace, signal);
      const { name: own } = await requireAuthority(account, scope, name, signal);
      return account.registry.activateAuthority(scope, own, chain, { signal });
    });
    if (output.json) return output.value(activated);
    output.data(authorityText(activated));
  },
});

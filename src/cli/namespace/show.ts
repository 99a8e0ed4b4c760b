import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { accountFlags } from '../target/account-flags.js';

const { namespace } = sentences.cliRegistry;

export const namespaceShow = defineCommand({
  description: namespace.show,
  args: { name: { summary: namespace.name } },
  flags: { ...dirFlag, ...accountFlags, ...outputFlags },
  examples: [
    { line: 'namespace show plant --target azure', summary: sentences.cliDps.inAzure },
    { line: 'namespace show plant --json', summary: sentences.cliTerminal.asJson },
  ],
  async run({ args: { name }, flags }, context) {
    const { withAccount } = await import('../target/account.js');
    const { requireNamespace } = await import('../target/registry-target.js');
    const { namespaceText } = await import('./namespace-text.js');
    const { output, signal } = context;
    const found = await withAccount(flags, context, false, (account) =>
      requireNamespace(account, name, signal),
    );
    if (output.json) return output.value(found.namespace);
    output.data(namespaceText(found.namespace));
  },
});

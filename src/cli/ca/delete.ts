import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caDelete = defineCommand({
  description: sentences.cliCa.delete.description,
  args: { name: { summary: sentences.cliCa.nameInDps } },
  flags: { ...yesFlag, ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'ca delete enrollkit-root', summary: sentences.cliTerminal.asksFirst },
    { line: 'ca delete enrollkit-root --yes', summary: sentences.cliTerminal.withoutAsking },
  ],
  async run({ args: { name }, flags }, context) {
    const { assertCertificateName } = await import('../../dps/contract/ids.js');
    assertCertificateName(name);
    const { withClients } = await import('../target/command-target.js');
    const { sameFolder } = await import('../target/folder.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('ca.delete', sentences.cliCa.delete.confirm(name), flags, context);
    await withClients(flags, context, false, async ({ control }) => {
      const present = await control.getCertificate(name, { signal });
      if (!present) {
        throw new EnrollkitError('NOT_FOUND', sentences.cliCa.notUploaded(name), {
          next: sentences.cliCa.listExisting(`enrollkit ca list${sameFolder(flags)}`),
        });
      }
      await control.deleteCertificate(name, present.etag, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('ca.deleted', sentences.cliCa.delete.deleted(name));
  },
});

import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, yesFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caDelete = defineCommand({
  description: 'Deletes an uploaded CA certificate. Groups that refer to it then enroll no devices.',
  args: { name: { summary: 'what it is called in DPS' } },
  flags: { ...yesFlag, ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'ca delete enrollkit-root', summary: 'it asks first' },
    { line: 'ca delete enrollkit-root --yes', summary: 'it does not' },
  ],
  async run({ args: { name }, flags }, context) {
    const { assertCertificateName } = await import('../../dps/contract/ids.js');
    assertCertificateName(name);
    const { sameFolder, withClients } = await import('../target/command-target.js');
    const { confirmed } = await import('../terminal/confirm.js');
    const { output, signal } = context;
    await confirmed('ca.delete', `Delete the CA certificate ${name}?`, flags, context);
    await withClients(flags, context, false, async ({ control }) => {
      const present = await control.getCertificate(name, { signal });
      if (!present) {
        throw new EnrollkitError('NOT_FOUND', `No CA certificate is uploaded as ${name}.`, {
          next: `List the existing ones: enrollkit ca list${sameFolder(flags)}`,
        });
      }
      await control.deleteCertificate(name, present.etag, { signal });
    });
    if (output.json) return output.value({ deleted: name });
    output.result('ca.deleted', `The CA certificate ${name} is deleted.`);
  },
});

import { EnrollkitError } from '../../errors.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { dirFlag, outputFlags, targetFlags, yesFlag } from '../kernel/untyped-flags.js';

export const caDelete: Command = {
  description: 'Deletes an uploaded CA certificate. Groups that refer to it then enroll no devices.',
  arguments: [{ name: 'name', summary: 'what it is called in DPS' }],
  flags: [yesFlag, dirFlag, ...targetFlags, ...outputFlags],
  examples: [
    { line: 'ca delete enrollkit-root', summary: 'it asks first' },
    { line: 'ca delete enrollkit-root --yes', summary: 'it does not' },
  ],
  run,
};

async function run({ arguments: [name], flags }: Input, context: Context): Promise<void> {
  const { assertCertificateName } = await import('../../dps/contract/ids.js');
  assertCertificateName(name!);
  const { sameFolder, withClients } = await import('../target/command-target.js');
  const { confirmed } = await import('../terminal/confirm.js');
  const { output, signal } = context;
  await confirmed(`Delete the CA certificate ${name}?`, flags, context);
  await withClients(flags, context, false, async ({ control }) => {
    const present = await control.getCertificate(name!, { signal });
    if (!present) {
      throw new EnrollkitError('NOT_FOUND', `No CA certificate is uploaded as ${name}.`, {
        next: `To see those that there are: enrollkit ca list${sameFolder(flags)}`,
      });
    }
    await control.deleteCertificate(name!, present.etag, { signal });
  });
  if (output.json) return output.value({ deleted: name });
  output.data(`The CA certificate ${name} is deleted.`);
}

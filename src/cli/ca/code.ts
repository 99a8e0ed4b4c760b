import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caCode = defineCommand({
  description:
    'Generates a verification code for an uploaded CA and prints it. To prove possession of the private key of the CA, sign a certificate that has the code as its common name, and send it to DPS; standard error says how. Each new code replaces the one before. Where the key is on this computer, ca verify does all of this.',
  args: { name: { summary: 'the name of the CA certificate in DPS' } },
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'ca code enrollkit-root', summary: 'the code, and what to do with it' },
    { line: 'ca code contoso --target azure --dps-name contoso-dps --json', summary: 'in Azure, as JSON' },
  ],
  async run({ args: { name }, flags }, context) {
    const { assertCertificateName } = await import('../../dps/contract/ids.js');
    assertCertificateName(name);
    const { folderOf, sameFolder, withClients } = await import('../target/command-target.js');
    const { quoted } = await import('../terminal/command-line.js');
    const { displayPath } = await import('../terminal/text.js');
    const { folderAuthority } = await import('./folder-authority.js');
    const { output, signal } = context;
    const { code, etag, sha1 } = await withClients(flags, context, false, async ({ control }) => {
      const present = await control.getCertificate(name, { signal });
      if (!present) {
        throw new EnrollkitError('NOT_FOUND', `No CA certificate is uploaded as ${name}.`, {
          next: `List the existing ones: enrollkit ca list${sameFolder(flags)}`,
        });
      }
      if (present.properties.isVerified) {
        throw new EnrollkitError('CONFLICT', `The CA certificate ${name} is verified already.`, {
          next: 'There is nothing left to prove.',
        });
      }
      const generated = await control.generateVerificationCode(name, present.etag, { signal });
      return { ...generated, sha1: present.properties.thumbprint.toUpperCase() };
    });
    if (output.json) return output.value({ name, verificationCode: code, etag });
    output.data(code);
    const here = sameFolder(flags);
    const found = folderAuthority(folderOf(flags), sha1);
    const [certificate, key] = found
      ? [quoted(displayPath(found.stored.paths.certificate)), quoted(displayPath(found.stored.paths.key))]
      : ['CA_FILE', 'KEY_FILE'];
    const ca = found?.role === 'root' ? here : ` --ca ${certificate} --ca-key ${key}`;
    const lines = [
      `Sign a certificate with this code as its common name${found ? '' : ' (CA_FILE is the uploaded certificate, KEY_FILE its private key)'}:`,
      `  enrollkit cert verification ${code} --out verification.pem${ca}`,
      'Then send it to DPS:',
      `  enrollkit ca verify ${quoted(name)} --verification-certificate verification.pem${here}`,
    ];
    output.note('ca.code.next', `\n${lines.join('\n')}`);
  },
});

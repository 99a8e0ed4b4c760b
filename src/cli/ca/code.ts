import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caCode = defineCommand({
  description: sentences.cliCa.code.description,
  args: { name: { summary: sentences.cliCa.nameInDps } },
  flags: { ...dirFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'ca code enrollkit-root', summary: sentences.cliCa.code.examples.plain },
    {
      line: 'ca code contoso --target azure --dps-name contoso-dps --json',
      summary: sentences.cliCa.code.examples.azure,
    },
  ],
  async run({ args: { name }, flags }, context) {
    const { assertCertificateName } = await import('../../dps/contract/ids.js');
    assertCertificateName(name);
    const { withClients } = await import('../target/command-target.js');
    const { folderOf, sameFolder } = await import('../target/folder.js');
    const { quoted } = await import('../terminal/command-line.js');
    const { displayPath } = await import('../terminal/text.js');
    const { folderAuthority } = await import('./folder-authority.js');
    const { output, signal } = context;
    const { code, etag, sha1 } = await withClients(flags, context, false, async ({ control }) => {
      const present = await control.getCertificate(name, { signal });
      if (!present) {
        throw new EnrollkitError('NOT_FOUND', sentences.cliCa.notUploaded(name), {
          next: sentences.cliCa.listExisting(`enrollkit ca list${sameFolder(flags)}`),
        });
      }
      if (present.properties.isVerified) {
        throw new EnrollkitError('CONFLICT', sentences.cliCa.code.alreadyVerified(name), {
          next: sentences.cliCa.code.nothingToDo,
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
      found ? sentences.cliCa.code.sign : sentences.cliCa.code.signWithFiles,
      `  enrollkit cert verification ${code} --out verification.pem${ca}`,
      sentences.cliCa.code.send,
      `  enrollkit ca verify ${quoted(name)} --verification-certificate verification.pem${here}`,
    ];
    output.note('ca.code.next', `\n${lines.join('\n')}`);
  },
});

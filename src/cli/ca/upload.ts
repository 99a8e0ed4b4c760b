import type { CertificateResource } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const caUpload = defineCommand({
  description: sentences.cliCa.upload.description,
  args: { file: { summary: sentences.cliCa.upload.file, completes: 'files' } },
  flags: {
    'ca-name': textFlag({
      placeholder: 'NAME',
      summary: sentences.cliCa.upload.nameFlag,
    }),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'ca upload ca.pem', summary: sentences.cliCa.upload.examples.plain },
    {
      line: 'ca upload certs/ca/root/certificate.pem --ca-name contoso-root',
      summary: sentences.cliCa.upload.examples.named,
    },
  ],
  async run({ args: { file }, flags }, context) {
    const { assertCertificateName } = await import('../../dps/contract/ids.js');
    const { certificateToPem } = await import('../../pki/x509/certificate.js');
    const { sha1Thumbprint } = await import('../../pki/x509/inspect.js');
    const { readCertificates } = await import('../input/material.js');
    const { givenPassphrase } = await import('../input/passphrase.js');
    const { withClients } = await import('../target/command-target.js');
    const { folderOf, sameFolder } = await import('../target/folder.js');
    const { caText, uploadedCa } = await import('./ca-text.js');
    const passphrase = givenPassphrase({}, context.env);
    const certificate = (await readCertificates(file, { passphrase, signal: context.signal }))[0]!;
    assertAuthority(certificate, file);
    const name = flags.caName ?? nameFrom(certificate.subject.commonName ?? '');
    assertCertificateName(name);
    const { output, signal } = context;
    const sha1 = sha1Thumbprint(certificate);
    const isSame = ({ properties }: CertificateResource) => properties.thumbprint.toUpperCase() === sha1;
    const uploaded = await withClients(flags, context, true, async ({ control }) => {
      const present = await control.getCertificate(name, { signal });
      if (present && !isSame(present)) {
        throw new EnrollkitError(
          'CONFLICT',
          sentences.cliCa.upload.nameTaken(present.properties.subject, name),
          {
            next: sentences.cliCa.upload.chooseName(`enrollkit ca delete ${name}${sameFolder(flags)}`),
          },
        );
      }
      if (!present) await control.putCertificate(name, certificateToPem(certificate), { signal });
      const found = await control.getCertificate(name, { signal });
      if (found && isSame(found)) return uploadedCa(found);
      const { otherReadBack, notReadBack } = sentences.cliCa.upload;
      const message = found ? otherReadBack(name, found.properties.subject) : notReadBack(name);
      throw new EnrollkitError('NOT_READ_BACK', message);
    });
    if (output.json) return output.value(uploaded);
    output.data(caText(uploaded));
    if (uploaded.isVerified) return;
    const { verifyCommand } = await import('./verify-hint.js');
    const command = `${verifyCommand(name, certificate, file, folderOf(flags))}${sameFolder(flags)}`;
    const missing = command.includes('KEY_FILE') ? `\n${sentences.cliCa.upload.keyFile}` : '';
    output.note('ca.upload.next', `\n${sentences.cliCa.upload.next(command)}${missing}`);
  },
});

/** DPS accepts any certificate here; only the devices would fail later. */
function assertAuthority({ basicConstraints, subject }: Certificate, file: string): void {
  if (basicConstraints?.certificateAuthority) return;
  throw new EnrollkitError('INVALID_CERTIFICATE', sentences.cliCa.upload.notCa(file, subject.text), {
    next: sentences.cliCa.upload.giveCa,
  });
}

/** A common name as a name in DPS. */
function nameFrom(commonName: string): string {
  return commonName
    .replace(/[^a-z0-9._-]+/gi, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

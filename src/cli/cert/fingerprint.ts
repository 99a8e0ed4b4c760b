import { sentences } from '../../languages/language.js';
import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';
import { choiceFlag } from '../kernel/flags.js';

export const certFingerprint = defineCommand({
  description: sentences.cliCert.fingerprint.description,
  args: { file: { summary: sentences.cliCert.certificateFile, completes: 'files' } },
  flags: {
    algorithm: choiceFlag({
      placeholder: 'NAME',
      choices: ['sha1', 'sha256'],
      summary: sentences.cliCert.fingerprint.algorithm,
    }),
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert fingerprint device-042/certificate.pem',
      summary: sentences.cliCert.fingerprint.examples.both,
    },
    {
      line: 'cert fingerprint device-042/certificate.pem --algorithm sha1',
      summary: sentences.cliCert.fingerprint.examples.script,
    },
  ],
  async run({ args: { file: path }, flags }, context) {
    const { readCertificates } = await import('../input/material.js');
    const { rowsText } = await import('./description.js');
    const { sha1Thumbprint, sha256Thumbprint } = await import('../../pki/x509/certificate.js');
    const { withPassphrase } = await import('../input/passphrase.js');
    const { output } = context;
    const certificates = await withPassphrase(flags, context, (opening) =>
      readCertificates(path!, opening, { forLooking: true }),
    );
    const found = certificates.map((certificate) => ({
      subject: certificate.subject.text,
      sha1: sha1Thumbprint(certificate),
      sha256: sha256Thumbprint(certificate),
    }));
    const { algorithm } = flags;
    if (output.json) return output.value({ certificates: found });
    if (algorithm) return output.data(found.map((one) => one[algorithm]).join('\n'));
    output.data(
      found
        .map(({ subject, sha1, sha256 }) =>
          rowsText([
            [sentences.cliCert.rows.subject, subject],
            ['SHA-1', sha1],
            ['SHA-256', sha256],
          ]),
        )
        .join('\n\n'),
    );
  },
});

import { keyFolderFlags, makingFlags, pathLengthFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certRoot = defineCommand({
  description:
    'Makes a root CA: key.pem (mode 0600), certificate.pem, and chain.pem, which for a root is the certificate.',
  args: { name: { summary: 'its common name' } },
  flags: {
    ...makingFlags,
    ...pathLengthFlag,
    ...keyFolderFlags('one of that name, here'),
  },
  examples: [
    { line: 'cert root "Contoso Root CA"', summary: 'in the folder Contoso-Root-CA' },
    {
      line: 'cert root "Contoso Root CA" --organization Contoso --country DE --key-algorithm ec-p384 --encrypt-key --out ca/root',
      summary: 'with a longer subject, and an encrypted key',
    },
  ],
  async run({ args, flags }, context) {
    const { makeCertificate } = await import('./make-certificate.js');
    const { quoted } = await import('../terminal/command-line.js');
    const { name: commonName } = args;
    await makeCertificate(
      {
        role: 'root',
        commonName,
        signer: 'self',
        next: (folder) =>
          `enrollkit cert intermediate NAME --ca ${quoted(`${folder}/certificate.pem`)} --ca-key ${quoted(`${folder}/key.pem`)}`,
      },
      flags,
      context,
    );
  },
});

import { sentences } from '../../languages/language.js';
import { keyFolderFlags, makingFlags, pathLengthFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certRoot = defineCommand({
  description: sentences.cliCert.root.description,
  args: { name: { summary: sentences.cliCert.authorityName } },
  flags: {
    ...makingFlags,
    ...pathLengthFlag,
    ...keyFolderFlags(sentences.cliCert.folderOfThatName),
  },
  examples: [
    { line: 'cert root "Contoso Root CA"', summary: sentences.cliCert.root.examples.plain },
    {
      line: 'cert root "Contoso Root CA" --organization Contoso --country DE --key-algorithm ec-p384 --encrypt-key --out ca/root',
      summary: sentences.cliCert.root.examples.subject,
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

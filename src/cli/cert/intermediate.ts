import { sentences } from '../../languages/language.js';
import { caFlags, keyFolderFlags, makingFlags, pathLengthFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certIntermediate = defineCommand({
  description: sentences.cliCert.intermediate.description,
  args: { name: { summary: sentences.cliCert.authorityName } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...pathLengthFlag,
    ...keyFolderFlags(sentences.cliCert.folderOfThatName),
  },
  examples: [
    { line: 'cert intermediate "Line 5 CA"', summary: sentences.cliCert.intermediate.examples.root },
    {
      line: 'cert intermediate "Plant CA" --ca company.pfx --passphrase-file secret.txt',
      summary: sentences.cliCert.intermediate.examples.company,
    },
    {
      line: 'cert intermediate "Line 5 CA" --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem',
      summary: sentences.cliCert.intermediate.examples.deeper,
    },
  ],
  async run({ args, flags }, context) {
    const { makeCertificate } = await import('./make-certificate.js');
    const { name: commonName } = args;
    await makeCertificate({ role: 'intermediate', commonName, signer: 'root' }, flags, context);
  },
});

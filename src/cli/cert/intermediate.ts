import { caFlags, keyFolderFlags, makingFlags, pathLengthFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certIntermediate = defineCommand({
  description:
    'Makes an intermediate CA below another CA, at any depth that the path lengths above leave room for. Without --ca, the root CA of the certificate folder signs.',
  args: { name: { summary: 'its common name' } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...pathLengthFlag,
    ...keyFolderFlags('one of that name, here'),
  },
  examples: [
    { line: 'cert intermediate "Line 5 CA"', summary: 'below the root of the certificate folder' },
    {
      line: 'cert intermediate "Plant CA" --ca company.pfx --passphrase-file secret.txt',
      summary: 'below a CA of your company, from a PKCS#12 file',
    },
    {
      line: 'cert intermediate "Line 5 CA" --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem',
      summary: 'below another intermediate; its chain.pem brings what stands above it',
    },
  ],
  async run({ args, flags }, context) {
    const { makeCertificate } = await import('./make-certificate.js');
    const { name: commonName } = args;
    await makeCertificate({ role: 'intermediate', commonName, signer: 'root' }, flags, context);
  },
});

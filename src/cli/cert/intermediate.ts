import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  caFlags,
  encryptKeyFlag,
  forceFlag,
  makingFlags,
  outFolderFlag,
  pathLengthFlag,
  secretAndOutputFlags,
} from './flags.js';

export const certIntermediate: Command = {
  description:
    'Makes an intermediate CA below another CA, at any depth that the path lengths above leave room for. Without --ca, the root CA of the certificate folder signs.',
  arguments: [{ name: 'name', summary: 'its common name' }],
  flags: [
    ...caFlags,
    ...makingFlags,
    pathLengthFlag,
    outFolderFlag('one of that name, here'),
    encryptKeyFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
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
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const { makeCertificate } = await import('./make-certificate.js');
  const [commonName] = input.arguments;
  await makeCertificate({ role: 'intermediate', commonName: commonName!, signer: 'root' }, input, context);
}

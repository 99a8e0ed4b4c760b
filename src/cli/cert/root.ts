import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  encryptKeyFlag,
  forceFlag,
  makingFlags,
  outFolderFlag,
  pathLengthFlag,
  secretAndOutputFlags,
} from './flags.js';

export const certRoot: Command = {
  description:
    'Makes a root CA: key.pem (mode 0600), certificate.pem, and chain.pem, which for a root is the certificate.',
  arguments: [{ name: 'name', summary: 'its common name' }],
  flags: [
    ...makingFlags,
    pathLengthFlag,
    outFolderFlag('one of that name, here'),
    encryptKeyFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    { line: 'cert root "Contoso Root CA"', summary: 'in the folder Contoso-Root-CA' },
    {
      line: 'cert root "Contoso Root CA" --organization Contoso --country DE --key-algorithm ec-p384 --encrypt-key --out ca/root',
      summary: 'with a longer subject, and an encrypted key',
    },
  ],
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const { makeCertificate } = await import('./make-certificate.js');
  const { quoted } = await import('../terminal/quoted.js');
  const [commonName] = input.arguments;
  await makeCertificate(
    {
      role: 'root',
      commonName: commonName!,
      signer: 'self',
      next: (folder) =>
        `enrollkit cert intermediate NAME --ca ${quoted(`${folder}/certificate.pem`)} --ca-key ${quoted(`${folder}/key.pem`)}`,
    },
    input,
    context,
  );
}

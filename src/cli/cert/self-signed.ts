import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  alternativeNameFlags,
  encryptKeyFlag,
  forceFlag,
  makingFlags,
  outFolderFlag,
  secretAndOutputFlags,
} from './flags.js';

export const certSelfSigned: Command = {
  description:
    'Makes a device certificate that no CA signs, for an individual enrollment: DPS or the hub then knows the device by the thumbprint, which is printed.',
  arguments: [{ name: 'id', summary: 'the registration ID' }],
  flags: [
    ...makingFlags,
    ...alternativeNameFlags,
    outFolderFlag('ID, here'),
    encryptKeyFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    { line: 'cert self-signed device-042', summary: 'in the folder device-042' },
    {
      line: 'cert self-signed device-042 --days 30 --out spare --json',
      summary: 'a second one, for the secondary thumbprint; as JSON',
    },
  ],
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const { assertRegistrationId } = await import('../../dps/contract/ids.js');
  const { makeCertificate } = await import('./make-certificate.js');
  const [id] = input.arguments;
  assertRegistrationId(id!);
  await makeCertificate(
    {
      role: 'device',
      commonName: id!,
      signer: 'self',
      next: (folder) => `Give ${folder}/certificate.pem, or the thumbprint, to the individual enrollment.`,
    },
    input,
    context,
  );
}

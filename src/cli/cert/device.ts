import type { Command, Context, Input } from '../kernel/untyped-command.js';
import {
  alternativeNameFlags,
  caFlags,
  encryptKeyFlag,
  forceFlag,
  makingFlags,
  outFolderFlag,
  secretAndOutputFlags,
} from './flags.js';

export const certDevice: Command = {
  description:
    'Makes a device’s key and certificate; its registration ID is the common name. Without --ca, the CA of the certificate folder signs that a quickstart made, and the device finds its place in that folder.',
  arguments: [{ name: 'id', summary: 'the registration ID' }],
  flags: [
    ...caFlags,
    ...makingFlags,
    ...alternativeNameFlags,
    outFolderFlag('devices/ID of the certificate folder; with --ca, ID here'),
    encryptKeyFlag,
    forceFlag,
    ...secretAndOutputFlags,
  ],
  examples: [
    { line: 'cert device device-042', summary: 'signed by the CA of the certificate folder' },
    {
      line: 'cert device device-042 --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --days 90',
      summary: 'signed by a CA of your choice, for 90 days',
    },
  ],
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const { assertRegistrationId } = await import('../../dps/contract/ids.js');
  const { makeCertificate } = await import('./make-certificate.js');
  const { sameFolder } = await import('../target/command-target.js');
  const [id] = input.arguments;
  assertRegistrationId(id!);
  await makeCertificate(
    {
      role: 'device',
      commonName: id!,
      signer: 'intermediate',
      placeIn: (layout) => layout.device(id!).folder,
      ...(input.flags.ca === undefined && input.flags.out === undefined
        ? { next: () => `enrollkit device register ${id}${sameFolder(input.flags)}` }
        : {}),
    },
    input,
    context,
  );
}

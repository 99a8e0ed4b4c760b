import { caFlags, keyFolderFlags, makingFlags, pathLengthFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certEdge = defineCommand({
  description:
    'Makes the CA of an IoT Edge gateway (edge_ca in its config.toml): IoT Edge makes a workload CA below it. Its common name is ID.ca, so that it is not that of the device certificate.',
  args: { id: { summary: 'the registration ID of the gateway' } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...pathLengthFlag,
    ...keyFolderFlags('devices/ID/edge-ca of the certificate folder; with --ca, ID.ca here'),
  },
  examples: [
    { line: 'cert edge gateway-1', summary: 'signed by the CA of the certificate folder' },
    {
      line: 'cert edge gateway-1 --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --out gateway-1/edge-ca',
      summary: 'signed by a CA of your choice',
    },
  ],
  async run({ args, flags }, context) {
    const { assertRegistrationId } = await import('../../dps/contract/ids.js');
    const { makeCertificate } = await import('./make-certificate.js');
    const { id } = args;
    assertRegistrationId(id);
    await makeCertificate(
      {
        role: 'edge-ca',
        // As a quickstart names it; RFC 5280 allows 64 characters.
        commonName: `${id.slice(0, 61)}.ca`,
        signer: 'intermediate',
        placeIn: (layout) => layout.device(id).edgeCa.folder,
      },
      flags,
      context,
    );
  },
});

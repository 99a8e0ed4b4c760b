import { sentences } from '../../languages/language.js';
import { caFlags, keyFolderFlags, makingFlags, pathLengthFlag } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certEdge = defineCommand({
  description: sentences.cliCert.edge.description,
  args: { id: { summary: sentences.cliCert.edge.id, completes: 'devices' } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...pathLengthFlag,
    ...keyFolderFlags(sentences.cliCert.edge.out),
  },
  examples: [
    { line: 'cert edge gateway-1', summary: sentences.cliCert.signedByFolder },
    {
      line: 'cert edge gateway-1 --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --out gateway-1/edge-ca',
      summary: sentences.cliCert.signedByOther,
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

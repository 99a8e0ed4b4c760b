import { sentences } from '../../languages/language.js';
import { alternativeNameFlags, keyFolderFlags, makingFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certSelfSigned = defineCommand({
  description: sentences.cliCert.selfSigned.description,
  args: { id: { summary: sentences.cliCert.deviceOrModuleId } },
  flags: {
    ...makingFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags(sentences.cliCert.selfSigned.out),
  },
  examples: [
    { line: 'cert self-signed device-042', summary: sentences.cliCert.selfSigned.examples.plain },
    {
      line: 'cert self-signed device-042 --days 30 --out spare --json',
      summary: sentences.cliCert.selfSigned.examples.second,
    },
  ],
  async run({ args, flags }, context) {
    const { assertDeviceOrModule, moduleIdentityOf } = await import('../../dps/contract/ids.js');
    const { makeCertificate } = await import('./make-certificate.js');
    const { id } = args;
    assertDeviceOrModule(id);
    await makeCertificate(
      {
        role: 'device',
        commonName: id,
        signer: 'self',
        next: (folder) =>
          moduleIdentityOf(id)
            ? sentences.cliCert.selfSigned.addToModule(`${folder}/certificate.pem`)
            : sentences.cliCert.selfSigned.addToEnrollment(`${folder}/certificate.pem`),
      },
      flags,
      context,
    );
  },
});

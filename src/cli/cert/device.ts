import { sentences } from '../../languages/language.js';
import { alternativeNameFlags, caFlags, keyFolderFlags, makingFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certDevice = defineCommand({
  description: sentences.cliCert.device.description,
  args: { id: { summary: sentences.cliCert.deviceOrModuleId } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags(sentences.cliCert.device.out),
  },
  examples: [
    { line: 'cert device device-042', summary: sentences.cliCert.signedByFolder },
    {
      line: 'cert device device-042/camera',
      summary: sentences.cliCert.device.examples.module,
    },
    {
      line: 'cert device device-042 --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --days 90',
      summary: sentences.cliCert.device.examples.otherCa,
    },
  ],
  async run({ args, flags }, context) {
    const { assertDeviceOrModule, moduleIdentityOf } = await import('../../dps/contract/ids.js');
    const { makeCertificate, moduleFolder } = await import('./make-certificate.js');
    const { sameFolder } = await import('../target/folder.js');
    const { id } = args;
    assertDeviceOrModule(id);
    const module = moduleIdentityOf(id);
    await makeCertificate(
      {
        role: 'device',
        commonName: id,
        signer: 'intermediate',
        placeIn: (layout) => (module ? moduleFolder(module, layout) : layout.device(id).folder),
        ...(flags.ca === undefined && flags.out === undefined && !module
          ? { next: () => `enrollkit device register ${id}${sameFolder(flags)}` }
          : {}),
      },
      flags,
      context,
    );
  },
});

import { alternativeNameFlags, caFlags, keyFolderFlags, makingFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certDevice = defineCommand({
  description:
    'Makes a device’s key and certificate; its registration ID is the common name. Without --ca, the CA of the certificate folder signs that a quickstart made, and the device finds its place in that folder.',
  args: { id: { summary: 'the registration ID; for a module of IoT Hub, deviceId/moduleId' } },
  flags: {
    ...caFlags,
    ...makingFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags(
      'devices/ID of the certificate folder, of a module devices/ID/modules/MODULE; with --ca, ID here',
    ),
  },
  examples: [
    { line: 'cert device device-042', summary: 'signed by the CA of the certificate folder' },
    {
      line: 'cert device device-042/camera',
      summary: 'for the module camera of that device, whose identity IoT Hub has',
    },
    {
      line: 'cert device device-042 --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --days 90',
      summary: 'signed by a CA of your choice, for 90 days',
    },
  ],
  async run({ args, flags }, context) {
    const { assertDeviceOrModule, moduleIdentityOf } = await import('../../dps/contract/ids.js');
    const { makeCertificate, moduleFolder } = await import('./make-certificate.js');
    const { sameFolder } = await import('../target/command-target.js');
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

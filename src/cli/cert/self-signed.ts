import { alternativeNameFlags, keyFolderFlags, makingFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certSelfSigned = defineCommand({
  description:
    'Makes a device certificate that no CA signs, for an individual enrollment: DPS or the hub then knows the device by the thumbprint, which is printed.',
  args: { id: { summary: 'the registration ID; for a module of IoT Hub, deviceId/moduleId' } },
  flags: {
    ...makingFlags,
    ...alternativeNameFlags,
    ...keyFolderFlags('ID, here'),
  },
  examples: [
    { line: 'cert self-signed device-042', summary: 'in the folder device-042' },
    {
      line: 'cert self-signed device-042 --days 30 --out spare --json',
      summary: 'a second one, for the secondary thumbprint; as JSON',
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
            ? `Give ${folder}/certificate.pem, or the thumbprint, to the module identity in IoT Hub.`
            : `Give ${folder}/certificate.pem, or the thumbprint, to the individual enrollment.`,
      },
      flags,
      context,
    );
  },
});

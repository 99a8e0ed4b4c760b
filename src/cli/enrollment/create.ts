import {
  caFlags,
  daysFlag,
  encryptKeyFlag,
  keyAlgorithmFlag,
  secretAndOutputFlags,
} from '../input/certificate-flags.js';
import { individualEnrollmentFlags } from '../input/plan-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag } from '../kernel/common-flags.js';
import { switchFlag, textFlag, underHeading } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

const attestation = 'How the device proves its identity (one of these):';

const { ca, 'ca-key': caKey } = caFlags;

/** The flags of which one says how the device attests. */
export const attestationFlags = {
  certificate: textFlag({
    placeholder: 'FILE',
    heading: attestation,
    summary: 'its certificate (default: the one in the certificate folder)',
  }),
  'self-signed': switchFlag({
    heading: attestation,
    summary: 'a new self-signed certificate, with its key in the certificate folder',
  }),
  csr: textFlag({
    placeholder: 'FILE',
    heading: attestation,
    summary: 'the certificate that your CA signs for this certificate request',
  }),
  'symmetric-key': switchFlag({ heading: attestation, summary: 'a symmetric key that DPS generates' }),
};

export const enrollmentCreate = declareCommand({
  description:
    'Creates an individual enrollment: it lets one device register, by its own certificate or key. Certificates that this command makes are written to devices/ID of the certificate folder, where device register finds them.',
  args: { id: { summary: 'the registration ID; with a certificate, its common name' } },
  flags: {
    ...attestationFlags,
    'secondary-certificate': textFlag({
      placeholder: 'FILE',
      heading: attestation,
      summary: 'with a certificate: a second one that the device may use, for example while it is renewed',
    }),
    ...underHeading('With --csr:', { ca, 'ca-key': caKey }),
    ...underHeading('With --self-signed or --csr:', { ...daysFlag, ...keyAlgorithmFlag, ...encryptKeyFlag }),
    'device-id': textFlag({
      placeholder: 'ID',
      heading: 'The enrollment:',
      summary: 'the ID of the device in its hub (default: the registration ID)',
    }),
    ...underHeading('The enrollment:', individualEnrollmentFlags),
    update: switchFlag({
      heading: 'The enrollment:',
      summary: 'change an existing enrollment: set what you give as flags, and keep the rest',
    }),
    ...dirFlag,
    ...targetFlags,
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'enrollment create device-042 --self-signed', summary: 'with a new self-signed certificate' },
    {
      line: 'enrollment create pump-7 --csr pump-7.csr --hub contoso.azure-devices.net --allocation-policy static',
      summary: 'for a certificate request that the CA of the certificate folder signs; assigned to one hub',
    },
    {
      line: 'enrollment create meter-1 --symmetric-key --device-id meter-1-eu',
      summary: 'with a symmetric key',
    },
    {
      line: 'enrollment create device-042 --update --provisioning-status disabled',
      summary: 'disable an existing enrollment, and change nothing else',
    },
  ],
});

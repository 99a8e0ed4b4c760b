import { sentences } from '../../languages/language.js';
import {
  caFlags,
  daysFlag,
  encryptKeyFlag,
  keyAlgorithmFlag,
  secretAndOutputFlags,
} from '../input/certificate-flags.js';
import { certificatePolicyFlags } from '../input/certificate-policy-flags.js';
import { individualEnrollmentFlags } from '../input/plan-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag } from '../kernel/common-flags.js';
import { switchFlag, textFlag, underHeading } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

const { create: text } = sentences.cliEnrollment;

const { attestation } = text;

const { ca, 'ca-key': caKey } = caFlags;

/** The flags of which one says how the device attests. */
export const attestationFlags = {
  certificate: textFlag({
    placeholder: 'FILE',
    heading: attestation,
    summary: text.certificate,
  }),
  'self-signed': switchFlag({
    heading: attestation,
    summary: text.selfSigned,
  }),
  csr: textFlag({
    placeholder: 'FILE',
    heading: attestation,
    summary: text.csr,
  }),
  'symmetric-key': switchFlag({ heading: attestation, summary: text.symmetricKey }),
};

export const enrollmentCreate = declareCommand({
  description: text.description,
  args: { id: { summary: text.id, completes: 'devices' } },
  flags: {
    ...attestationFlags,
    'secondary-certificate': textFlag({
      placeholder: 'FILE',
      heading: attestation,
      summary: text.secondary,
    }),
    ...underHeading(text.withCsr, { ca, 'ca-key': caKey }),
    ...underHeading(text.withNewCertificate, { ...daysFlag, ...keyAlgorithmFlag, ...encryptKeyFlag }),
    'device-id': textFlag({
      placeholder: 'ID',
      heading: text.enrollment,
      summary: text.deviceId,
    }),
    ...underHeading(text.enrollment, { ...individualEnrollmentFlags, ...certificatePolicyFlags }),
    update: switchFlag({
      heading: text.enrollment,
      summary: text.update,
    }),
    ...dirFlag,
    ...targetFlags,
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'enrollment create device-042 --self-signed', summary: text.examples.selfSigned },
    {
      line: 'enrollment create pump-7 --csr pump-7.csr --hub contoso.azure-devices.net --allocation-policy static',
      summary: text.examples.csr,
    },
    {
      line: 'enrollment create meter-1 --symmetric-key --device-id meter-1-eu',
      summary: text.examples.symmetricKey,
    },
    {
      line: 'enrollment create device-042 --update --provisioning-status disabled',
      summary: text.examples.update,
    },
  ],
});

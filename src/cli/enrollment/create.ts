import { sentences } from '../../languages/language.js';
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

const attestation = sentences.cliEnrollment.attestationHeading;

const { ca, 'ca-key': caKey } = caFlags;

/** The flags of which one says how the device attests. */
export const attestationFlags = {
  certificate: textFlag({
    placeholder: 'FILE',
    heading: attestation,
    summary: sentences.cliEnrollment.certificateFlag,
  }),
  'self-signed': switchFlag({
    heading: attestation,
    summary: sentences.cliEnrollment.selfSignedFlag,
  }),
  csr: textFlag({
    placeholder: 'FILE',
    heading: attestation,
    summary: sentences.cliEnrollment.csrFlag,
  }),
  'symmetric-key': switchFlag({ heading: attestation, summary: sentences.cliEnrollment.symmetricKeyFlag }),
};

export const enrollmentCreate = declareCommand({
  description: sentences.cliEnrollment.create,
  args: { id: { summary: sentences.cliEnrollment.newId } },
  flags: {
    ...attestationFlags,
    'secondary-certificate': textFlag({
      placeholder: 'FILE',
      heading: attestation,
      summary: sentences.cliEnrollment.secondaryFlag,
    }),
    ...underHeading(sentences.cliEnrollment.withCsr, { ca, 'ca-key': caKey }),
    ...underHeading(sentences.cliEnrollment.withNewCertificate, {
      ...daysFlag,
      ...keyAlgorithmFlag,
      ...encryptKeyFlag,
    }),
    'device-id': textFlag({
      placeholder: 'ID',
      heading: sentences.cliEnrollment.enrollmentHeading,
      summary: sentences.cliEnrollment.deviceIdFlag,
    }),
    ...underHeading(sentences.cliEnrollment.enrollmentHeading, individualEnrollmentFlags),
    update: switchFlag({
      heading: sentences.cliEnrollment.enrollmentHeading,
      summary: sentences.cliEnrollment.updateFlag,
    }),
    ...dirFlag,
    ...targetFlags,
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'enrollment create device-042 --self-signed',
      summary: sentences.cliEnrollment.exampleSelfSigned,
    },
    {
      line: 'enrollment create pump-7 --csr pump-7.csr --hub contoso.azure-devices.net --allocation-policy static',
      summary: sentences.cliEnrollment.exampleCsr,
    },
    {
      line: 'enrollment create meter-1 --symmetric-key --device-id meter-1-eu',
      summary: sentences.cliEnrollment.exampleSymmetricKey,
    },
    {
      line: 'enrollment create device-042 --update --provisioning-status disabled',
      summary: sentences.cliEnrollment.exampleDisable,
    },
  ],
});

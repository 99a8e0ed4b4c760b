import { sentences } from '../../languages/language.js';
import { caFlags, forceFlag, outFileFlag, secretAndOutputFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certVerification = defineCommand({
  description: sentences.cliCert.verification.description,
  args: { code: { summary: sentences.cliCert.verification.code } },
  flags: { ...caFlags, ...outFileFlag, ...forceFlag, ...secretAndOutputFlags },
  examples: [
    {
      line: 'cert verification 106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288 --out verification.pem',
      summary: sentences.cliCert.verification.examples.root,
    },
    {
      line: 'cert verification 106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288 --ca Plant-CA/certificate.pem --ca-key Plant-CA/key.pem',
      summary: sentences.cliCert.verification.examples.intermediate,
    },
  ],
  async run({ args: { code }, flags }, context) {
    const { issueVerificationCertificate, verificationCodeProblem } = await import(
      '../../pki/make/verification-certificate.js'
    );
    const { EnrollkitError } = await import('../../errors.js');
    const { withPassphrase } = await import('../input/passphrase.js');
    const { issuerOf, noteFailures, signedBy, signingCa, signingTime } = await import(
      '../input/signing-ca.js'
    );
    const { emitCertificate } = await import('./emit.js');
    const problem = verificationCodeProblem(code!);
    if (problem) throw new EnrollkitError('INVALID_VERIFICATION_CODE', problem);
    const ca = await withPassphrase(flags, context, (opening) => signingCa(flags, opening, 'root'));
    const at = await signingTime(ca, context);
    const force = flags.force === true;
    const issued = await signedBy(ca, () => issueVerificationCertificate(code!, issuerOf(ca), at, { force }));
    emitCertificate(issued.pem, issued.pem, flags, context);
    noteFailures(issued, context);
  },
});

import { exitStatus } from '../../errors.js';
import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { parseSpan } from '../input/time-flag.js';
import { defineCommand } from '../kernel/command.js';
import { parsedFlag, switchFlag } from '../kernel/flags.js';

export const certNeedsRenewal = defineCommand({
  description:
    'Tells by its exit status whether a certificate is to be renewed. 0: yes, it has ended or ends soon. 10: not yet. 2: the file holds no certificate. 9: the file cannot be read. Soon is when a third of its lifetime is left, or as --within says. Of several certificates in the file, the first counts; with --bundle, all do.',
  args: { file: { summary: 'PEM, DER, PKCS#7 or PKCS#12' } },
  flags: {
    within: parsedFlag({
      placeholder: 'SPAN',
      parse: parseSpan,
      summary:
        'soon is within so many days (30), hours (36h) or percent of its lifetime (25%); default: a third of it',
    }),
    bundle: switchFlag({ summary: 'look at every certificate of the file; one that is due is enough' }),
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert needs-renewal device-042/certificate.pem --within 30',
      summary: 'in a shell: followed by && and the renewal',
    },
    { line: 'cert needs-renewal device-042/chain.pem --bundle --json', summary: 'its issuers too, as JSON' },
  ],
  async run({ args: { file: path }, flags }, context) {
    const { readCertificates } = await import('../input/material.js');
    const { withPassphrase } = await import('../input/passphrase.js');
    const { output } = context;
    const now = context.now().getTime();
    const all = await withPassphrase(flags, context, (opening) => readCertificates(path!, opening));
    const certificates = (flags.bundle ? all : all.slice(0, 1)).map(({ subject, notBefore, notAfter }) => {
      const lifetime = notAfter.getTime() - notBefore.getTime();
      const window = flags.within?.(lifetime) ?? lifetime / 3;
      const from = notAfter.getTime() - window;
      return {
        subject: subject.text,
        notAfter: notAfter.toISOString(),
        renewFrom: new Date(from).toISOString(),
        needsRenewal: now >= from,
      };
    });
    const needsRenewal = certificates.some((one) => one.needsRenewal);
    if (output.json) output.value({ needsRenewal, certificates });
    else {
      for (const { subject, notAfter, renewFrom, needsRenewal: due } of certificates) {
        const verdict = due ? 'needs renewal' : `need not be renewed before ${renewFrom}`;
        output.result(
          due ? 'cert.needs-renewal' : 'cert.needs-no-renewal',
          `${subject}: ${verdict}; it ends on ${notAfter}`,
        );
      }
    }
    return needsRenewal ? exitStatus.ok : exitStatus.notDue;
  },
});

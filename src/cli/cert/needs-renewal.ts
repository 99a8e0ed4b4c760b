import { exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { parseSpan } from '../input/time-flag.js';
import { defineCommand } from '../kernel/command.js';
import { parsedFlag, switchFlag } from '../kernel/flags.js';

export const certNeedsRenewal = defineCommand({
  description: sentences.cliCert.needsRenewal.description,
  args: { file: { summary: sentences.cliCert.certificateFile, completes: 'files' } },
  flags: {
    within: parsedFlag({
      placeholder: 'SPAN',
      parse: parseSpan,
      summary: sentences.cliCert.needsRenewal.within,
    }),
    bundle: switchFlag({ summary: sentences.cliCert.needsRenewal.bundle }),
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert needs-renewal device-042/certificate.pem --within 30',
      summary: sentences.cliCert.needsRenewal.examples.shell,
    },
    {
      line: 'cert needs-renewal device-042/chain.pem --bundle --json',
      summary: sentences.cliCert.needsRenewal.examples.bundle,
    },
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
        output.result(
          due ? 'cert.needs-renewal' : 'cert.needs-no-renewal',
          due
            ? sentences.cliCert.needsRenewal.due(subject, notAfter)
            : sentences.cliCert.needsRenewal.notDue(subject, renewFrom, notAfter),
        );
      }
    }
    return needsRenewal ? exitStatus.ok : exitStatus.notDue;
  },
});

import { forceFlag, outFileFlag, secretAndOutputFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';
import { switchFlag } from '../kernel/flags.js';

export const certBundle = defineCommand({
  description:
    'Puts the certificates of a chain into one PEM file in the order that TLS and DPS want: the device’s first, then each issuer, the root last. Files may come in any order; what does not belong to the chain is refused. Of several certificates of one CA, such as cross-signed ones, the self-signed one is taken, and the others are named.',
  args: { file: { summary: 'PEM, DER, PKCS#7 or PKCS#12', variadic: true } },
  flags: {
    'without-root': switchFlag({
      summary: 'leave out the self-signed root: who checks the chain has it anyway',
    }),
    ...outFileFlag,
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert bundle root.pem device.pem intermediate.pem --out chain.pem',
      summary: 'in order, into a file',
    },
    { line: 'cert bundle device.pfx --without-root', summary: 'out of a PKCS#12 file, on standard output' },
  ],
  async run({ args: { file: paths }, flags }, context) {
    const { assertOutFree, emit } = await import('./emit.js');
    const { chainOfFiles } = await import('./chain-of-files.js');
    const { certificateToPem } = await import('../../pki/x509/certificate.js');
    const { withPassphrase } = await import('../input/passphrase.js');
    assertOutFree(flags);
    const { chain, alternatives } = await withPassphrase(flags, context, (opening) =>
      chainOfFiles(paths, opening),
    );
    const { isSelfSigned } = await import('../input/order.js');
    const bundled = flags.withoutRoot && chain.length > 1 ? chain.filter((one) => !isSelfSigned(one)) : chain;
    emit(bundled.map(certificateToPem).join(''), `Chain of ${bundled.length}`, flags, context);
    for (const { subject, issuer } of alternatives) {
      context.output.note(
        'cert.bundle.left-out',
        `note: left out the certificate of ${subject.text} that ${issuer.text} issued; the chain has another of the same CA.`,
      );
    }
  },
});

import { sentences } from '../../languages/language.js';
import { forceFlag, outFileFlag, secretAndOutputFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';
import { switchFlag } from '../kernel/flags.js';

export const certBundle = defineCommand({
  description: sentences.cliCert.bundle.description,
  args: { file: { summary: sentences.cliCert.certificateFile, completes: 'files', variadic: true } },
  flags: {
    'without-root': switchFlag({
      summary: sentences.cliCert.bundle.withoutRoot,
    }),
    ...outFileFlag,
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert bundle root.pem device.pem intermediate.pem --out chain.pem',
      summary: sentences.cliCert.bundle.examples.file,
    },
    { line: 'cert bundle device.pfx --without-root', summary: sentences.cliCert.bundle.examples.pfx },
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
    emit(
      bundled.map(certificateToPem).join(''),
      (path) => sentences.cliCert.bundle.written(bundled.length, path),
      flags,
      context,
    );
    for (const { subject, issuer } of alternatives) {
      const isAnother = chain.some((one) => one.subject.equals(subject));
      if (isAnother)
        context.output.note(
          'cert.bundle.left-out',
          sentences.cliCert.bundle.leftOut(subject.text, issuer.text),
        );
      else
        context.output.note(
          'cert.bundle.issuer-left-out',
          sentences.cliCert.bundle.issuerLeftOut(subject.text),
        );
    }
  },
});

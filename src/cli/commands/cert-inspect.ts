import { secretAndOutputFlags } from '../cert/flags.js';
import type { Command, Context, Input } from '../command.js';

export const certInspect: Command = {
  description:
    'Shows the certificates of a file (PEM, DER, PKCS#7 or PKCS#12), or of every file below a folder.',
  arguments: [{ name: 'path', summary: 'a file or a folder' }],
  flags: secretAndOutputFlags,
  examples: [
    { line: 'cert inspect device-042/chain.pem', summary: 'a chain, certificate by certificate' },
    { line: 'cert inspect certs --json', summary: 'all below a folder, as JSON' },
  ],
  run,
};

async function run({ arguments: [path], flags }: Input, context: Context): Promise<void> {
  const { readFileOrFolder } = await import('../cert/certificate-files.js');
  const { fullRows, rowsText } = await import('../cert/description.js');
  const { inspectCertificate } = await import('../../pki/inspect.js');
  const { withPassphrase } = await import('../passphrase.js');
  const { output } = context;
  const read = await withPassphrase(flags, context, async (passphrase) =>
    readFileOrFolder(path!, passphrase),
  );
  const files = read.map(({ path: file, certificates, problem }) => ({
    path: file,
    certificates: certificates.map(inspectCertificate),
    ...(problem === undefined ? {} : { problem }),
  }));
  if (output.json) return output.value({ files });
  const { bold, red } = output.dataStyle;
  const texts = files.flatMap(({ path: file, certificates, problem }) => [
    ...(problem === undefined ? [] : [`${bold(file)}\n${red('cannot be read:')} ${problem}`]),
    ...certificates.map((certificate, index) => {
      const which = certificates.length > 1 ? `, certificate ${index + 1} of ${certificates.length}` : '';
      return `${bold(file + which)}\n${rowsText(fullRows(certificate))}`;
    }),
  ]);
  output.data(texts.join('\n\n'));
}

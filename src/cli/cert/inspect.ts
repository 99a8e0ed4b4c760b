import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certInspect = defineCommand({
  description:
    'Shows the certificates of a file (PEM, DER, PKCS#7 or PKCS#12), or of every file below a folder; and certificate requests, as cert sign would take them.',
  args: { path: { summary: 'a file or a folder' } },
  flags: secretAndOutputFlags,
  examples: [
    { line: 'cert inspect device-042/chain.pem', summary: 'a chain, certificate by certificate' },
    { line: 'cert inspect device-042/request.pem', summary: 'a request, before it is signed' },
    { line: 'cert inspect certs --json', summary: 'all below a folder, as JSON' },
  ],
  async run({ args: { path }, flags }, context) {
    const { readFileOrFolder } = await import('../input/certificate-files.js');
    const { fullRows, requestRows, rowsText } = await import('./description.js');
    const { describeRequest } = await import('../input/request-file.js');
    const { inspectCertificate } = await import('../../pki/x509/inspect.js');
    const { withPassphrase } = await import('../input/passphrase.js');
    const { output } = context;
    const read = await withPassphrase(flags, context, (opening) =>
      readFileOrFolder(path!, opening, { withRequests: true }),
    );
    const files = read.map(({ path: file, certificates, request, problem }) => ({
      path: file,
      certificates: certificates.map(inspectCertificate),
      ...(request ? { request: describeRequest(request) } : {}),
      ...(problem === undefined ? {} : { problem }),
    }));
    if (output.json) return output.value({ files });
    const { bold, red } = output.dataStyle;
    const texts = files.flatMap(({ path: file, certificates, request, problem }) => [
      ...(problem === undefined ? [] : [`${bold(file)}\n${red('cannot be read:')} ${problem}`]),
      ...(request ? [`${bold(`${file}, certificate request`)}\n${rowsText(requestRows(request))}`] : []),
      ...certificates.map((certificate, index) => {
        const which = certificates.length > 1 ? `, certificate ${index + 1} of ${certificates.length}` : '';
        return `${bold(file + which)}\n${rowsText(fullRows(certificate))}`;
      }),
    ]);
    output.data(texts.join('\n\n'));
  },
});

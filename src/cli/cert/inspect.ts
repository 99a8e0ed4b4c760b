import { sentences } from '../../languages/language.js';
import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { defineCommand } from '../kernel/command.js';

export const certInspect = defineCommand({
  description: sentences.cliCert.inspect.description,
  args: { path: { summary: sentences.cliCert.inspect.path, completes: 'files' } },
  flags: secretAndOutputFlags,
  examples: [
    { line: 'cert inspect device-042/chain.pem', summary: sentences.cliCert.inspect.examples.chain },
    { line: 'cert inspect device-042/request.pem', summary: sentences.cliCert.inspect.examples.request },
    { line: 'cert inspect certs --json', summary: sentences.cliCert.inspect.examples.folder },
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
      ...(problem === undefined ? [] : [`${bold(file)}\n${red(sentences.cliCert.unreadable)} ${problem}`]),
      ...(request
        ? [`${bold(sentences.cliCert.inspect.request(file))}\n${rowsText(requestRows(request))}`]
        : []),
      ...certificates.map((certificate, index) => {
        const count = certificates.length;
        const title = count > 1 ? sentences.cliCert.inspect.certificate(file, index + 1, count) : file;
        return `${bold(title)}\n${rowsText(fullRows(certificate))}`;
      }),
    ]);
    output.data(texts.join('\n\n'));
  },
});

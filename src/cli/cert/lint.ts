import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { parseTime } from '../input/time-flag.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, parsedFlag, switchFlag } from '../kernel/flags.js';

export const certLint = declareCommand({
  description:
    'Holds certificates against the rules of RFC 5280 for issuers and those of DPS; docs/lint.md lists them, with their codes and sources. Of a folder, every file that may hold certificates is read, and each chain is judged once, whatever the number of files that it stands in. A finding is an error or a warning. Exit status: 0 there is no error, 11 there is one, or a file of the folder cannot be read; with --strict, 11 for a warning too.',
  args: { path: { summary: 'a file (PEM, DER, PKCS#7, PKCS#12) or a folder', variadic: true } },
  flags: {
    use: choiceFlag({
      placeholder: 'USE',
      choices: ['device', 'ca', 'server'],
      summary:
        'what each first certificate is for: a device of DPS, the CA of an enrollment group, a TLS server (default: what it looks like)',
    }),
    at: parsedFlag({ placeholder: 'TIME', parse: parseTime, summary: 'at another time (ISO 8601), not now' }),
    strict: switchFlag({ summary: 'let warnings count as errors' }),
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert lint certs', summary: 'all that a quickstart has made' },
    {
      line: 'cert lint device-042/chain.pem --use device --strict --json',
      summary: 'before it goes to the line, for a script',
    },
  ],
});

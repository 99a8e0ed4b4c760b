import { sentences } from '../../languages/language.js';
import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { parseTime } from '../input/time-flag.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, parsedFlag, switchFlag } from '../kernel/flags.js';

export const certLint = declareCommand({
  description: sentences.cliCert.lint.description,
  args: { path: { summary: sentences.cliCert.lint.path, completes: 'files', variadic: true } },
  flags: {
    use: choiceFlag({
      placeholder: 'USE',
      choices: ['device', 'ca', 'server'],
      summary: sentences.cliCert.lint.use,
    }),
    at: parsedFlag({ placeholder: 'TIME', parse: parseTime, summary: sentences.cliCert.atTime }),
    strict: switchFlag({ summary: sentences.cliCert.lint.strict }),
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert lint certs', summary: sentences.cliCert.lint.examples.folder },
    {
      line: 'cert lint device-042/chain.pem --use device --strict --json',
      summary: sentences.cliCert.lint.examples.device,
    },
  ],
});

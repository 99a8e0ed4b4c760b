import { sentences } from '../../languages/language.js';
import { forceFlag, outFileFlag, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, switchFlag, textFlag } from '../kernel/flags.js';

export const certConvert = declareCommand({
  description: sentences.cliCert.convert.description,
  args: { file: { summary: sentences.cliCert.certificateFile, completes: 'files' } },
  flags: {
    to: choiceFlag({
      placeholder: 'FORM',
      choices: ['pem', 'der', 'pkcs7'],
      summary: sentences.cliCert.convert.to,
    }),
    'key-out': textFlag({
      placeholder: 'FILE',
      summary: sentences.cliCert.convert.keyOut,
    }),
    'encrypt-key': switchFlag({ summary: sentences.cliCert.convert.encryptKey }),
    ...outFileFlag,
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert convert ca.cer', summary: sentences.cliCert.convert.examples.toPem },
    {
      line: 'cert convert chain.pem --to pkcs7 --out chain.p7b',
      summary: sentences.cliCert.convert.examples.toPkcs7,
    },
    {
      line: 'cert convert company.pfx --out company.pem --key-out company.key.pem --encrypt-key',
      summary: sentences.cliCert.convert.examples.withKey,
    },
  ],
});

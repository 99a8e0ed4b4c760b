import { forceFlag, outFileFlag, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, switchFlag, textFlag } from '../kernel/flags.js';

export const certConvert = declareCommand({
  description:
    'Writes certificates in another form: PEM, DER (one certificate) or PKCS#7 (certificates only, .p7b). It reads all of these, and PKCS#12; the certificates stay as they are, in their order. With --key-out, the private key of a PKCS#12 file goes into a file of its own (PEM, mode 0600).',
  args: { file: { summary: 'PEM, DER, PKCS#7 or PKCS#12' } },
  flags: {
    to: choiceFlag({
      placeholder: 'FORM',
      choices: ['pem', 'der', 'pkcs7'],
      summary: 'the form wanted (default: pem)',
    }),
    'key-out': textFlag({
      placeholder: 'FILE',
      summary: 'where the private key goes, out of PKCS#12 or PEM',
    }),
    'encrypt-key': switchFlag({ summary: 'encrypt that key with the passphrase' }),
    ...outFileFlag,
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert convert ca.cer', summary: 'DER to PEM, on standard output' },
    { line: 'cert convert chain.pem --to pkcs7 --out chain.p7b', summary: 'PEM to PKCS#7' },
    {
      line: 'cert convert company.pfx --out company.pem --key-out company.key.pem --encrypt-key',
      summary: 'PKCS#12 to PEM, with an encrypted key',
    },
  ],
});

import { forceFlag, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { repeatable, switchFlag, textFlag } from '../kernel/flags.js';

export const certPfx = declareCommand({
  description:
    'Packs a certificate, its private key and its issuers into a PKCS#12 file (.pfx), as Windows and .NET want it. The passphrase protects the file; it also opens the key, where that is encrypted.',
  args: { file: { summary: 'the certificate, alone or followed by its issuers' } },
  flags: {
    key: textFlag({
      placeholder: 'FILE',
      summary: 'its private key (default: key.pem beside the certificate)',
    }),
    chain: repeatable(textFlag({ placeholder: 'FILE', summary: 'issuers that are not in the first file' })),
    'friendly-name': textFlag({
      placeholder: 'NAME',
      summary: 'what key stores show (default: the common name)',
    }),
    out: textFlag({
      placeholder: 'FILE',
      summary: 'the file to write (default: the certificate’s name, with .pfx)',
    }),
    pbmac1: switchFlag({
      summary: 'authenticate the file by PBMAC1 (RFC 9579), for OpenSSL 3.4 and later',
    }),
    'empty-passphrase': switchFlag({ summary: 'protect the file by its mode (0600) alone' }),
    ...forceFlag,
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert pfx device-042/chain.pem --out device-042.pfx',
      summary: 'with its issuers; the passphrase is asked for',
    },
    {
      line: 'cert pfx server.pem --key server.key.pem --chain ca.pem --passphrase-file secret.txt',
      summary: 'from separate files, unattended',
    },
  ],
});

import type { ExitStatus } from '../../errors.js';
import { parseTime } from '../input/time-flag.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { dirFlag, wholeNumber } from '../kernel/untyped-flags.js';
import { secretAndOutputFlags } from './flags.js';

const whose = 'Whose it must be (one of them; a common name does not count):';

export const certVerify: Command = {
  description:
    'Checks a certificate and its chain as RFC 5280 section 6 says, and tells in words what does not hold. The file’s first certificate is checked, the others may stand between it and what is trusted: the files of --trust, or the root CA of the certificate folder. Exit status: 0 it holds, 11 it does not.',
  arguments: [{ name: 'file', summary: 'the certificate, alone or followed by its issuers' }],
  flags: [
    {
      name: 'trust',
      value: 'FILE',
      repeatable: true,
      summary: 'a CA to trust; a file of several: each of them',
    },
    {
      name: 'intermediates',
      value: 'FILE',
      repeatable: true,
      summary: 'certificates that may stand in between',
    },
    dirFlag,
    {
      name: 'purpose',
      value: 'PURPOSE',
      choices: ['clientAuth', 'serverAuth', 'any'],
      summary: 'what it is used for (default: any)',
    },
    { name: 'dns', value: 'NAME', group: whose, summary: 'the host of this DNS name' },
    { name: 'ip', value: 'ADDRESS', group: whose, summary: 'the host of this IP address' },
    { name: 'email', value: 'ADDRESS', group: whose, summary: 'the holder of this mailbox' },
    {
      name: 'crl',
      value: 'FILE',
      repeatable: true,
      summary:
        'a certificate revocation list, PEM or DER; from the first on, the issuer’s must be among them',
    },
    {
      name: 'max-depth',
      value: 'COUNT',
      parse: wholeNumber('max-depth', 0, 64),
      summary: 'the most intermediates between the certificate and the trusted CA',
    },
    {
      name: 'strict',
      summary: 'hold it also to what RFC 5280 section 4 and the CA/Browser Forum ask of issuers',
    },
    { name: 'at', value: 'TIME', parse: parseTime('at'), summary: 'at another time (ISO 8601), not now' },
    ...secretAndOutputFlags,
  ],
  examples: [
    {
      line: 'cert verify certs/devices/device-001/chain.pem',
      summary: 'against the root of the certificate folder',
    },
    {
      line: 'cert verify server.pem --intermediates ca.pem --trust root.pem --purpose serverAuth --dns gateway.local',
      summary: 'a server’s, as a client would that dials gateway.local',
    },
    {
      line: 'cert verify device-042/chain.pem --trust root.pem --crl plant.crl --at 2027-01-01 --json',
      summary: 'with a revocation list, on a day to come; as JSON',
    },
  ],
  run,
};

async function run({ arguments: [path], flags }: Input, context: Context): Promise<ExitStatus> {
  const { verifyFile } = await import('./verify.run.js');
  return verifyFile(path!, flags, context);
}

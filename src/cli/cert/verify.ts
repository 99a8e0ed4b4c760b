import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { parseTime } from '../input/time-flag.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag } from '../kernel/common-flags.js';
import { choiceFlag, numberFlag, parsedFlag, repeatable, switchFlag, textFlag } from '../kernel/flags.js';

const policies = 'Certificate policies (RFC 5280 section 6.1.1):';
const whose = 'Whose it must be (one of them; a common name does not count):';

export const certVerify = declareCommand({
  description:
    'Checks a certificate and its chain as RFC 5280 section 6 says, and tells in words what does not hold. The file’s first certificate is checked, the others may stand between it and what is trusted: the files of --trust, or the root CA of the certificate folder. Exit status: 0 it holds, 11 it does not.',
  args: { file: { summary: 'the certificate, alone or followed by its issuers' } },
  flags: {
    trust: repeatable(
      textFlag({ placeholder: 'FILE', summary: 'a CA to trust; a file of several: each of them' }),
    ),
    intermediates: repeatable(
      textFlag({ placeholder: 'FILE', summary: 'certificates that may stand in between' }),
    ),
    ...dirFlag,
    purpose: choiceFlag({
      placeholder: 'PURPOSE',
      choices: ['clientAuth', 'serverAuth', 'any'],
      summary: 'what it is used for (default: any)',
    }),
    dns: textFlag({ placeholder: 'NAME', heading: whose, summary: 'the host of this DNS name' }),
    ip: textFlag({ placeholder: 'ADDRESS', heading: whose, summary: 'the host of this IP address' }),
    email: textFlag({ placeholder: 'ADDRESS', heading: whose, summary: 'the holder of this mailbox' }),
    crl: repeatable(
      textFlag({
        placeholder: 'FILE',
        summary:
          'a certificate revocation list, PEM or DER; from the first on, the issuer’s must be among them',
      }),
    ),
    'max-depth': numberFlag({
      placeholder: 'COUNT',
      minimum: 0,
      maximum: 64,
      summary: 'the most intermediates between the certificate and the trusted CA',
    }),
    policy: repeatable(
      textFlag({
        placeholder: 'OID',
        heading: policies,
        summary: 'a certificate policy that is acceptable (default: any)',
      }),
    ),
    'require-policy': switchFlag({
      heading: policies,
      summary: 'the chain must have an acceptable policy, although no certificate requires one',
    }),
    'inhibit-policy-mapping': switchFlag({
      heading: policies,
      summary: 'ignore that a CA maps its policies to those of another',
    }),
    'inhibit-any-policy': switchFlag({ heading: policies, summary: 'anyPolicy stands for no policy' }),
    strict: switchFlag({
      summary: 'hold it also to what RFC 5280 section 4 and the CA/Browser Forum ask of issuers',
    }),
    at: parsedFlag({ placeholder: 'TIME', parse: parseTime, summary: 'at another time (ISO 8601), not now' }),
    ...secretAndOutputFlags,
  },
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
});

import { sentences } from '../../languages/language.js';
import { secretAndOutputFlags } from '../input/certificate-flags.js';
import { parseTime } from '../input/time-flag.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag } from '../kernel/common-flags.js';
import { choiceFlag, numberFlag, parsedFlag, repeatable, switchFlag, textFlag } from '../kernel/flags.js';

const { verify: text } = sentences.cliCert;

export const certVerify = declareCommand({
  description: text.description,
  args: { file: { summary: sentences.cliCert.certificateWithIssuers, completes: 'files' } },
  flags: {
    trust: repeatable(textFlag({ placeholder: 'FILE', summary: text.trust })),
    intermediates: repeatable(textFlag({ placeholder: 'FILE', summary: text.intermediates })),
    ...dirFlag,
    purpose: choiceFlag({
      placeholder: 'PURPOSE',
      choices: ['clientAuth', 'serverAuth', 'any'],
      summary: text.purpose,
    }),
    dns: textFlag({ placeholder: 'NAME', heading: text.peer, summary: text.dns }),
    ip: textFlag({ placeholder: 'ADDRESS', heading: text.peer, summary: text.ip }),
    email: textFlag({ placeholder: 'ADDRESS', heading: text.peer, summary: text.email }),
    crl: repeatable(
      textFlag({
        placeholder: 'FILE',
        summary: text.crl,
      }),
    ),
    'max-depth': numberFlag({
      placeholder: 'COUNT',
      minimum: 0,
      maximum: 64,
      summary: text.maxDepth,
    }),
    policy: repeatable(
      textFlag({
        placeholder: 'OID',
        heading: text.policies,
        summary: text.policy,
      }),
    ),
    'require-policy': switchFlag({
      heading: text.policies,
      summary: text.requirePolicy,
    }),
    'inhibit-policy-mapping': switchFlag({
      heading: text.policies,
      summary: text.inhibitPolicyMapping,
    }),
    'inhibit-any-policy': switchFlag({ heading: text.policies, summary: text.inhibitAnyPolicy }),
    strict: switchFlag({
      summary: text.strict,
    }),
    at: parsedFlag({ placeholder: 'TIME', parse: parseTime, summary: sentences.cliCert.atTime }),
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: 'cert verify certs/devices/device-001/chain.pem',
      summary: text.examples.folder,
    },
    {
      line: 'cert verify server.pem --intermediates ca.pem --trust root.pem --purpose serverAuth --dns gateway.local',
      summary: text.examples.server,
    },
    {
      line: 'cert verify device-042/chain.pem --trust root.pem --crl plant.crl --at 2027-01-01 --json',
      summary: text.examples.crl,
    },
  ],
});

/** The whole quickstart: certificates, CA in DPS, enrollment group, devices. */
import { caFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { dirFlag } from '../kernel/common-flags.js';
import { switchFlag, textFlag } from '../kernel/flags.js';
import { runFlags } from './run-flags.js';

const existing = 'Use a CA that you already have:';

export const quickstart = declareCommand({
  description:
    'Makes a certificate chain, uploads the CA to DPS and proves its possession, makes an enrollment group and device certificates, registers the devices and connects them to their hub. What is done already stays: run it again after a failure, and it goes on.',
  flags: {
    yes: switchFlag({ summary: 'ask nothing: every answer that is not given is the default' }),
    plan: textFlag({ placeholder: 'FILE', summary: 'the answers of an earlier run; flags go before it' }),
    'dry-run': switchFlag({ summary: 'list what would be made and every request that would be sent' }),
    ...dirFlag,
    ca: {
      ...caFlags.ca,
      heading: existing,
      summary: 'a root or intermediate CA, with its issuers: PEM, DER, PKCS#7 or PKCS#12; the run copies it',
    },
    'ca-key': { ...caFlags['ca-key'], heading: existing },
    ...runFlags,
  },
  examples: [
    { line: 'quickstart --yes', summary: 'three devices on the embedded emulator' },
    {
      line: 'quickstart --yes --count 20 --device-prefix line4- --dir line4',
      summary: 'twenty, in a folder of their own',
    },
    {
      line: 'quickstart --dry-run --target azure --dps-name contoso --proof-of-possession portal',
      summary: 'what a run on Azure would send',
    },
    {
      line: 'quickstart --yes --ca company-root.pem --ca-key company-root.key',
      summary: 'devices below a CA that you already have',
    },
    {
      line: 'quickstart --plan certs/.enrollkit/plan.json --json',
      summary: 'the same run again, for a program',
    },
  ],
});

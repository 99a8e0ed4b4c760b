import { declareCommand } from '../kernel/command.js';
import { dirFlag, outputFlags, passphraseFileFlag } from '../kernel/common-flags.js';
import { targetFlags } from '../target/target-flags.js';

export const doctor = declareCommand({
  description:
    'Checks this computer (Node.js, clock, ports, proxy, trusted roots), a certificate folder (modes, keys, dates, chains) and its provisioning service (credentials, rights, hubs, what is uploaded, what the enrollment group holds, what is registered), and says how to fix what is wrong. Changes nothing. Exit status: 0 no error was found, 11 there is one.',
  flags: { ...dirFlag, ...passphraseFileFlag, ...targetFlags, ...outputFlags },
  examples: [
    { line: 'doctor', summary: 'the folder of the last quickstart, and this computer' },
    {
      line: 'doctor --dir line-7 --json',
      summary: 'for a bug report or a script: findings with code, severity, message, fix',
    },
  ],
});

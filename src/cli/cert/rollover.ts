import { caFlags, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { repeatable, switchFlag, textFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

const phase = 'Which phase (default: the first):';

export const certRollover = declareCommand({
  description:
    'Rolls a CA of the certificate folder over, in three phases; each can be run again. First: a new CA of the same name with a new key is made, uploaded and proven where the old one is, and comes into the enrollment groups as primary certificate, the old one as secondary; its files take the place of the old one’s, which are kept aside. It tells which devices must be re-issued, and by when. Second, --reissue: they are. Third, --finish: the old CA leaves the groups and DPS. Without --group, the files alone. docs/rollover.md shows one.',
  args: {
    ca: {
      summary: 'root, intermediate, or the name that its folder has in ca; the CAs below it are replaced too',
    },
  },
  flags: {
    group: repeatable(
      textFlag({ placeholder: 'ID', summary: 'an enrollment group of the CA; the later phases remember it' }),
    ),
    reissue: switchFlag({
      heading: phase,
      summary: 'the second: new certificates for the devices of the folder, with their keys',
    }),
    'new-key': switchFlag({ heading: phase, summary: 'with --reissue: new keys too' }),
    finish: switchFlag({
      heading: phase,
      summary: 'the third: devices of the old CA are no longer accepted',
    }),
    force: switchFlag({ heading: phase, summary: 'with --finish: although devices are not re-issued' }),
    ca: {
      ...caFlags.ca,
      summary: 'the CA above, with its issuers, if it is not in the folder',
    },
    'ca-key': caFlags['ca-key'],
    dir: { ...caFlags.dir, summary: 'the certificate folder (default: certs)' },
    ...targetFlags,
    ...secretAndOutputFlags,
  },
  examples: [
    { line: 'cert rollover root --group enrollkit-devices', summary: 'the first phase, after a quickstart' },
    { line: 'cert rollover root --reissue --new-key', summary: 'the second, with new keys for the devices' },
    {
      line: 'cert rollover root --finish',
      summary: 'the third, when the devices have their new certificates',
    },
    { line: 'cert rollover intermediate --dir plant --json', summary: 'the files alone, told as JSON' },
  ],
});

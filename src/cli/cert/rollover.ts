import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { targetFlags } from '../kernel/untyped-flags.js';
import { caFlags, secretAndOutputFlags } from './flags.js';

const phase = 'Which phase (default: the first):';

export const certRollover: Command = {
  description:
    'Rolls a CA of the certificate folder over, in three phases; each can be run again. First: a new CA of the same name with a new key is made, uploaded and proven where the old one is, and comes into the enrollment groups as primary certificate, the old one as secondary; its files take the place of the old one’s, which are kept aside. It tells which devices must be re-issued, and by when. Second, --reissue: they are. Third, --finish: the old CA leaves the groups and DPS. Without --group, the files alone. docs/rollover.md shows one.',
  arguments: [{ name: 'ca', summary: 'root (the intermediate goes along with it) or intermediate' }],
  flags: [
    {
      name: 'group',
      value: 'ID',
      repeatable: true,
      summary: 'an enrollment group of the CA; the later phases remember it',
    },
    {
      name: 'reissue',
      group: phase,
      summary: 'the second: new certificates for the devices of the folder, with their keys',
    },
    { name: 'new-key', group: phase, summary: 'with --reissue: new keys too' },
    { name: 'finish', group: phase, summary: 'the third: devices of the old CA are no longer accepted' },
    { name: 'force', group: phase, summary: 'with --finish: although devices are not re-issued' },
    ...caFlags.map((flag) =>
      flag.name === 'ca'
        ? {
            ...flag,
            summary: 'the CA above an intermediate (default: the root of the folder), with its issuers',
          }
        : {
            ...flag,
            summary: flag.name === 'dir' ? 'the certificate folder (default: certs)' : flag.summary,
          },
    ),
    ...targetFlags,
    ...secretAndOutputFlags,
  ],
  examples: [
    { line: 'cert rollover root --group enrollkit-devices', summary: 'the first phase, after a quickstart' },
    { line: 'cert rollover root --reissue --new-key', summary: 'the second, with new keys for the devices' },
    {
      line: 'cert rollover root --finish',
      summary: 'the third, when the devices have their new certificates',
    },
    { line: 'cert rollover intermediate --dir plant --json', summary: 'the files alone, told as JSON' },
  ],
  run,
};

async function run({ arguments: [ca], flags }: Input, context: Context): Promise<void> {
  const { rollover } = await import('./rollover.run.js');
  await rollover(ca!, flags, context);
}

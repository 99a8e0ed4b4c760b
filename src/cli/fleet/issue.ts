import { caFlags, makingFlags, secretAndOutputFlags } from '../cert/flags.js';
import type { Command, Context, Flag, Input } from '../kernel/untyped-command.js';
import { wholeNumber } from '../kernel/untyped-flags.js';

const which = 'Which devices:';
const where = 'Where they go:';
const how = 'How:';

/** 100 million; see `maxFleetSize`, which is not loaded for the help. */
const maxCount = 100_000_000;

const flags: readonly Flag[] = [
  {
    name: 'count',
    value: 'N',
    parse: wholeNumber('count', 1, maxCount),
    group: which,
    summary: 'how many devices a pattern stands for',
  },
  {
    name: 'pattern',
    value: 'PATTERN',
    group: which,
    summary: "their registration IDs: 'sensor-{000001..}', or with an end, '{1..500}-gateway'",
  },
  {
    name: 'from',
    value: 'FILE',
    group: which,
    summary: 'their registration IDs, names and tags: a CSV file with a header, or NDJSON',
  },
  {
    name: 'shard',
    value: 'I/N',
    group: which,
    summary: 'only the Ith of N equal parts, so that several computers share the work',
  },
  ...caFlags,
  ...makingFlags,
  {
    name: 'format',
    value: 'NAME',
    choices: ['dir', 'ndjson', 'tar'],
    group: where,
    summary: 'a folder a device, a line of JSON a device, or a tar archive of folders (default: dir)',
  },
  {
    name: 'out',
    value: 'PATH',
    group: where,
    summary: 'the folder, or the file; for ndjson and tar, - is standard output (default: fleet, or -)',
  },
  {
    name: 'manifest',
    value: 'FILE',
    group: where,
    summary:
      'the list of the devices, without keys (default: PATH.manifest.csv; fleet.manifest.csv with standard output)',
  },
  { name: 'pfx', group: where, summary: 'make a PKCS#12 file for each device besides, without a passphrase' },
  {
    name: 'workers',
    value: 'N',
    parse: wholeNumber('workers', 1, 256),
    group: how,
    summary: 'threads that make keys and certificates (default: one a core)',
  },
  { name: 'quiet', group: how, summary: 'no progress on standard error' },
  ...secretAndOutputFlags,
];

export const fleetIssue: Command = {
  description:
    'Makes keys and certificates of many devices, on all cores. Interrupted, killed or stopped by a full disk, it goes on where it was when the same command runs again. With --json, progress on standard error is one JSON object a line.',
  flags,
  examples: [
    {
      line: "fleet issue --count 10000 --pattern 'sensor-{000001..}' --out sensors",
      summary: 'a folder a device, signed by the CA of the certificate folder',
    },
    {
      line: 'fleet issue --from devices.csv --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --format ndjson --out devices.ndjson --shard 1/4',
      summary: 'the first quarter of a list, as lines of JSON',
    },
  ],
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const { issueFromFlags } = await import('./issue.run.js');
  await issueFromFlags(input, context);
}

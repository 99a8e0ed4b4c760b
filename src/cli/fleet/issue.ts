import { fleetFormats } from '../../fleet/formats/formats.js';
import { caFlags, makingFlags, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, numberFlag, switchFlag, textFlag } from '../kernel/flags.js';

const which = 'Which devices:';
const where = 'Where they go:';
const how = 'How:';

/** 100 million; see `maxFleetSize`, which is not loaded for the help. */
const maxCount = 100_000_000;

export const fleetIssue = declareCommand({
  description:
    'Makes keys and certificates of many devices, on all cores. Interrupted, killed or stopped by a full disk, it goes on where it was when the same command runs again. With --json, progress on standard error is one JSON object a line.',
  flags: {
    count: numberFlag({
      placeholder: 'N',
      minimum: 1,
      maximum: maxCount,
      heading: which,
      summary: 'how many devices a pattern stands for',
    }),
    pattern: textFlag({
      placeholder: 'PATTERN',
      heading: which,
      summary: "their registration IDs: 'sensor-{000001..}', or with an end, '{1..500}-gateway'",
    }),
    from: textFlag({
      placeholder: 'FILE',
      heading: which,
      summary: 'their registration IDs, names and tags: a CSV file with a header, or NDJSON',
    }),
    shard: textFlag({
      placeholder: 'I/N',
      heading: which,
      summary: 'only the Ith of N equal parts, so that several computers share the work',
    }),
    ...caFlags,
    ...makingFlags,
    format: choiceFlag({
      placeholder: 'NAME',
      choices: fleetFormats,
      heading: where,
      summary: 'a folder a device, a line of JSON a device, or a tar archive of folders (default: dir)',
    }),
    out: textFlag({
      placeholder: 'PATH',
      heading: where,
      summary: 'the folder, or the file; for ndjson and tar, - is standard output (default: fleet, or -)',
    }),
    manifest: textFlag({
      placeholder: 'FILE',
      heading: where,
      summary:
        'the list of the devices, without keys (default: PATH.manifest.csv; fleet.manifest.csv with standard output)',
    }),
    pfx: switchFlag({
      heading: where,
      summary: 'make a PKCS#12 file for each device besides, without a passphrase',
    }),
    workers: numberFlag({
      placeholder: 'N',
      minimum: 1,
      maximum: 256,
      heading: how,
      summary: 'threads that make keys and certificates (default: one a core)',
    }),
    force: switchFlag({
      heading: how,
      summary: 'issue the devices even if they cannot be valid under their CA',
    }),
    quiet: switchFlag({ heading: how, summary: 'no progress on standard error' }),
    ...secretAndOutputFlags,
  },
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
});

import { fleetFormats } from '../../fleet/formats/formats.js';
import { sentences } from '../../languages/language.js';
import { caFlags, makingFlags, secretAndOutputFlags } from '../input/certificate-flags.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, numberFlag, switchFlag, textFlag } from '../kernel/flags.js';

const which = sentences.cliFleet.which;
const where = sentences.cliFleet.where;
const how = sentences.cliFleet.how;

/** 100 million; see `maxFleetSize`, which is not loaded for the help. */
const maxCount = 100_000_000;

export const fleetIssue = declareCommand({
  description: sentences.cliFleet.issueDescription,
  flags: {
    count: numberFlag({
      placeholder: 'N',
      minimum: 1,
      maximum: maxCount,
      heading: which,
      summary: sentences.cliFleet.countFlag,
    }),
    pattern: textFlag({
      placeholder: 'PATTERN',
      heading: which,
      summary: sentences.cliFleet.patternFlag,
    }),
    from: textFlag({
      placeholder: 'FILE',
      heading: which,
      summary: sentences.cliFleet.fromFlag,
    }),
    shard: textFlag({
      placeholder: 'I/N',
      heading: which,
      summary: sentences.cliFleet.shardFlag,
    }),
    ...caFlags,
    ...makingFlags,
    format: choiceFlag({
      placeholder: 'NAME',
      choices: fleetFormats,
      heading: where,
      summary: sentences.cliFleet.formatFlag,
    }),
    out: textFlag({
      placeholder: 'PATH',
      heading: where,
      summary: sentences.cliFleet.outFlag,
    }),
    manifest: textFlag({
      placeholder: 'FILE',
      heading: where,
      summary: sentences.cliFleet.manifestOutFlag,
    }),
    pfx: switchFlag({
      heading: where,
      summary: sentences.cliFleet.pfxFlag,
    }),
    'encrypt-key': switchFlag({ heading: where, summary: sentences.cliFleet.encryptKeyFlag }),
    workers: numberFlag({
      placeholder: 'N',
      minimum: 1,
      maximum: 256,
      heading: how,
      summary: sentences.cliFleet.workersFlag,
    }),
    force: switchFlag({
      heading: how,
      summary: sentences.cliFleet.forceFlag,
    }),
    quiet: switchFlag({ heading: how, summary: sentences.cliFleet.quietFlag }),
    ...secretAndOutputFlags,
  },
  examples: [
    {
      line: "fleet issue --count 10000 --pattern 'sensor-{000001..}' --out sensors",
      summary: sentences.cliFleet.issueExample,
    },
    {
      line: 'fleet issue --from devices.csv --ca Plant-CA/chain.pem --ca-key Plant-CA/key.pem --format ndjson --out devices.ndjson --shard 1/4',
      summary: sentences.cliFleet.issueShardExample,
    },
  ],
});

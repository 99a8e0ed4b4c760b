import { hubProtocols } from '../../dps/client/hub-session/hub-session.js';
import { sentences } from '../../languages/language.js';
import { manifestFlag } from '../input/fleet-files.js';
import { parseDuration } from '../input/time-flag.js';
import { declareCommand } from '../kernel/command.js';
import { choiceFlag, numberFlag, parsedFlag, switchFlag, textFlag, underHeading } from '../kernel/flags.js';
import { deviceFlags } from './flags.js';

const { flags, examples, what, how } = sentences.deviceRun;
const { dir, certificate, chain, key, protocol: _, ...common } = deviceFlags;

const duration = (summary: string) => parsedFlag({ placeholder: 'TIME', parse: parseDuration, summary });

export const deviceRun = declareCommand({
  description: sentences.deviceRun.description,
  args: { id: { summary: sentences.deviceRun.ids, optional: true, variadic: true } },
  flags: {
    dir,
    fleet: textFlag({ placeholder: 'FLEET', summary: flags.fleet }),
    ...manifestFlag,
    certificate,
    chain,
    key,
    ...underHeading(what, {
      template: textFlag({ placeholder: 'FILE', summary: flags.template }),
      interval: duration(flags.interval),
      reported: textFlag({ placeholder: 'FILE', summary: flags.reported }),
      methods: textFlag({ placeholder: 'FILE', summary: flags.methods }),
    }),
    ...underHeading(how, {
      protocol: choiceFlag({ placeholder: 'NAME', choices: hubProtocols, summary: flags.protocol }),
      csr: switchFlag({ summary: flags.csr }),
      'renew-after': duration(flags.renewAfter),
      count: numberFlag({ placeholder: 'N', minimum: 1, maximum: 1_000_000_000, summary: flags.count }),
      duration: duration(flags.duration),
    }),
    ...common,
    json: switchFlag({ summary: flags.json }),
  },
  examples: [
    { line: 'device run', summary: examples.all },
    {
      line: 'device run --fleet sensors --duration 10m --interval 1s --json',
      summary: examples.fleet,
    },
    { line: 'device run device-001 --protocol mqtt-ws --template template.json', summary: examples.one },
  ],
});

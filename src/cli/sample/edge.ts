import { sentences } from '../../languages/language.js';
import { declareCommand } from '../kernel/command.js';
import { textFlag } from '../kernel/flags.js';
import { sampleFlags } from './flags.js';

const { edge } = sentences.cliSample;

export const sampleEdge = declareCommand({
  description: edge.description,
  args: { action: { summary: edge.action, completes: ['config'] } },
  flags: {
    device: textFlag({ placeholder: 'ID', summary: edge.deviceFlag, completes: 'devices' }),
    hostname: textFlag({ placeholder: 'NAME', summary: edge.hostnameFlag }),
    at: textFlag({ placeholder: 'FOLDER', summary: edge.atFlag }),
    ...sampleFlags,
  },
  examples: [
    { line: 'sample edge config --out config.toml', summary: edge.example },
    {
      line: 'sample edge config --device gateway-1 --at /var/aziot --hostname gateway-1.local',
      summary: edge.atExample,
    },
  ],
});

/** `sample LANGUAGE KIND`: one command for each language. */
import { sentences } from '../../languages/language.js';
import { kindsOf, type SampleLanguage, sampleKinds, templatesOf } from '../../samples/samples.js';
import { type Declaration, declareCommand } from '../kernel/command.js';
import { textFlag } from '../kernel/flags.js';
import { sampleFlags } from './flags.js';

const { program: text } = sentences.cliSample;

const args = { sample: { summary: text.sampleArgument(sampleKinds) } } as const;
const flags = {
  device: textFlag({ placeholder: 'ID', summary: text.deviceFlag, completes: 'devices' }),
  group: textFlag({ placeholder: 'ID', summary: text.groupFlag, completes: 'groups' }),
  ...sampleFlags,
};

function clientFlag(clients: readonly string[]) {
  return {
    client: textFlag({ placeholder: 'NAME', summary: text.clientFlag(clients), completes: clients }),
  };
}

export type SampleCommand = Declaration<typeof flags & ReturnType<typeof clientFlag>, typeof args>;

export function sampleIn(language: SampleLanguage): SampleCommand {
  const kinds = kindsOf(language);
  const choices = kinds.map((kind) => templatesOf(language, kind)).filter(({ length }) => length > 1);
  const clients = new Set(choices.flat().map(({ client }) => client));
  const { file } = templatesOf(language, 'send-telemetry')[0]!;
  return declareCommand({
    description: text.description(kinds),
    args: { sample: { summary: text.sampleArgument(kinds), completes: kinds } },
    flags: { ...clientFlag([...clients]), ...flags },
    examples: [
      { line: `sample ${language} send-telemetry --out ${file}`, summary: text.example },
      {
        line: `sample ${language} register-device --id-scope 0ne00000000`,
        summary: text.azureExample,
      },
    ],
  });
}

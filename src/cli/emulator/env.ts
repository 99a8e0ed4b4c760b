/** The environment that points SDKs at a running emulator. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { choiceFlag, switchFlag, textFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';
import { assignments, languageNames, languages } from './sdk-environment.js';

const formats = ['shell', 'powershell', 'dotenv', 'json'] as const;

export const emulatorEnv = defineCommand({
  description: sentences.cliEmulator.envDescription,
  flags: {
    ...stateFolderFlag,
    format: choiceFlag({
      placeholder: 'FORMAT',
      choices: formats,
      summary: sentences.cliEmulator.formatFlag,
    }),
    for: choiceFlag({
      placeholder: 'LANGUAGE',
      choices: languageNames,
      summary: sentences.cliEmulator.forFlag,
    }),
    service: textFlag({
      placeholder: 'NAME',
      summary: sentences.cliEmulator.serviceFlag,
    }),
    hub: textFlag({ placeholder: 'NAME', summary: sentences.cliEmulator.hubFlag }),
    hosts: switchFlag({
      summary: sentences.cliEmulator.hostsFlag,
    }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator env', summary: sentences.cliEmulator.envExample },
    { line: 'emulator env --format dotenv > .env', summary: sentences.cliEmulator.envDotenvExample },
    { line: 'emulator env --for python', summary: sentences.cliEmulator.envForExample },
    { line: 'emulator env --service dps-two --hub hub-two', summary: sentences.cliEmulator.envOthersExample },
    {
      line: 'emulator env --hosts | sudo tee -a /etc/hosts',
      summary: sentences.cliEmulator.envHostsExample,
    },
  ],
  async run({ flags }, { output }) {
    const { clientCredentialsOf } = await import('../../emulator/access/access-tokens.js');
    const { runningOn, stateFolderOf } = await import('./running-emulator.js');
    const { emulatorVariables, variablesFor } = await import('./sdk-environment.js');
    const running = await runningOn(stateFolderOf(flags));
    if (flags.hosts) {
      if ([flags.for, flags.format, flags.service, flags.hub].some((value) => value !== undefined)) {
        throw new EnrollkitError('USAGE', sentences.cliEmulator.hostsAlone);
      }
      const { hostsOf } = await import('./hosts-file.js');
      const hosts = await hostsOf(running.endpoints);
      return output.json
        ? output.value({ hosts })
        : output.data(hosts.map(({ address, names }) => `${address} ${names.join(' ')}`).join('\n'));
    }
    const { endpointsOf } = await import('./choose-service.js');
    const endpoints = endpointsOf(running.endpoints, flags);
    const language = flags.for;
    const all = emulatorVariables(endpoints, clientCredentialsOf(endpoints.armToken));
    const variables = variablesFor(all, language);
    const format = flags.format ?? 'shell';
    if (output.json || format === 'json') return output.value(variables);
    const notes = language === undefined ? [] : languages[language].notes(endpoints);
    const assign = assignments[format];
    output.data(
      [
        ...notes.map((note) => `# ${note}`),
        ...Object.entries(variables).map(([name, value]) => assign(name, value)),
      ].join('\n'),
    );
  },
});

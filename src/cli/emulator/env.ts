/** The environment that points SDKs at a running emulator. */
import { EnrollkitError } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { choiceFlag, switchFlag, textFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';
import { assignments, languageNames, languages } from './sdk-environment.js';

const formats = ['shell', 'powershell', 'dotenv', 'json'] as const;

export const emulatorEnv = defineCommand({
  description:
    'Prints trust, addresses and connection strings of the emulator that runs on a state folder. The connection strings are secrets of that emulator. With --for, only what the SDKs of one language read, and what else they need as comments.',
  flags: {
    ...stateFolderFlag,
    format: choiceFlag({
      placeholder: 'FORMAT',
      choices: formats,
      summary: 'shell exports, PowerShell, a .env file, or JSON (default: shell)',
    }),
    for: choiceFlag({
      placeholder: 'LANGUAGE',
      choices: languageNames,
      summary: 'what the SDKs of this language need, or the az CLI',
    }),
    service: textFlag({
      placeholder: 'NAME',
      summary: 'the provisioning service that is meant (default: the first)',
    }),
    hub: textFlag({ placeholder: 'NAME', summary: 'the hub that is meant (default: the first)' }),
    hosts: switchFlag({
      summary: 'instead, the lines of a hosts file for the names that its services and hubs have in Azure',
    }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator env', summary: 'what to export; in a shell: eval "$(enrollkit emulator env)"' },
    { line: 'emulator env --format dotenv > .env', summary: 'for programs that read a .env file' },
    { line: 'emulator env --for python', summary: 'what the Python SDKs need' },
    { line: 'emulator env --service dps-two --hub hub-two', summary: 'of others than the first' },
    {
      line: 'emulator env --hosts | sudo tee -a /etc/hosts',
      summary: 'for clients that are to dial Azure’s names; goes with --standard-ports',
    },
  ],
  async run({ flags }, { output }) {
    const { clientCredentialsOf } = await import('../../emulator/access/access-tokens.js');
    const { runningOn, stateFolderOf } = await import('./running-emulator.js');
    const { emulatorVariables, variablesFor } = await import('./sdk-environment.js');
    const running = await runningOn(stateFolderOf(flags));
    if (flags.hosts) {
      if ([flags.for, flags.format, flags.service, flags.hub].some((value) => value !== undefined)) {
        throw new EnrollkitError('USAGE', '--hosts goes without --for, --format, --service and --hub.');
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

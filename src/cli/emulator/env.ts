/** The environment that points SDKs at a running emulator. */
import { EnrollkitError } from '../../errors.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { outputFlags, stateFolderFlag } from '../kernel/untyped-flags.js';
import { assignments, type LanguageName, languages } from './sdk-environment.js';

const formats = ['shell', 'powershell', 'dotenv', 'json'] as const;

export const emulatorEnv: Command = {
  description:
    'Prints trust, addresses and connection strings of the emulator that runs on a state folder. The connection strings are secrets of that emulator. With --for, only what the SDKs of one language read, and what else they need as comments.',
  flags: [
    stateFolderFlag,
    {
      name: 'format',
      value: 'FORMAT',
      choices: formats,
      summary: 'shell exports, PowerShell, a .env file, or JSON (default: shell)',
    },
    {
      name: 'for',
      value: 'LANGUAGE',
      choices: Object.keys(languages),
      summary: 'what the SDKs of this language need, or the az CLI',
    },
    {
      name: 'service',
      value: 'NAME',
      summary: 'the provisioning service that is meant (default: the first)',
    },
    { name: 'hub', value: 'NAME', summary: 'the hub that is meant (default: the first)' },
    {
      name: 'hosts',
      summary: 'instead, the lines of a hosts file for the names that its services and hubs have in Azure',
    },
    ...outputFlags,
  ],
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
  run,
};

async function run({ flags }: Input, { output }: Context): Promise<void> {
  const { clientCredentialsOf } = await import('../../emulator/access/access-tokens.js');
  const { runningOn } = await import('./running-emulator.js');
  const { emulatorVariables, variablesFor } = await import('./sdk-environment.js');
  const { stateFolderOf } = await import('../target/state-folder.js');
  const running = await runningOn(stateFolderOf(flags));
  if (flags.hosts) {
    if (['for', 'format', 'service', 'hub'].some((name) => flags[name] !== undefined)) {
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
  const language = flags.for as LanguageName | undefined;
  const all = emulatorVariables(endpoints, clientCredentialsOf(endpoints.armToken));
  const variables = variablesFor(all, language);
  const format = (flags.format ?? 'shell') as (typeof formats)[number];
  if (output.json || format === 'json') return output.value(variables);
  const notes = language === undefined ? [] : languages[language].notes(endpoints);
  const assign = assignments[format];
  output.data(
    [
      ...notes.map((note) => `# ${note}`),
      ...Object.entries(variables).map(([name, value]) => assign(name, value)),
    ].join('\n'),
  );
}

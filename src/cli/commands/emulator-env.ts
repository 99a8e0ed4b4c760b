/** The environment that points SDKs at a running emulator. */
import type { ClientCredentials } from '../../emulator/access-tokens.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import type { Command, Context, Input } from '../command.js';
import { outputFlags, stateFolderFlag } from '../flags.js';

const formats = ['shell', 'dotenv', 'json'] as const;

export const emulatorEnv: Command = {
  description:
    'Prints trust, addresses and connection strings of the emulator that runs on a state folder. The connection strings are secrets of that emulator.',
  flags: [
    stateFolderFlag,
    {
      name: 'format',
      value: 'FORMAT',
      choices: formats,
      summary: 'shell exports, a .env file, or JSON (default: shell)',
    },
    ...outputFlags,
  ],
  examples: [
    { line: 'emulator env', summary: 'what to export; in a shell: eval "$(enrollkit emulator env)"' },
    { line: 'emulator env --format dotenv > .env', summary: 'for programs that read a .env file' },
  ],
  run,
};

async function run({ flags }: Input, { output }: Context): Promise<void> {
  const { clientCredentialsOf } = await import('../../emulator/access-tokens.js');
  const { runningOn } = await import('../emulator-control.js');
  const { stateFolderOf } = await import('../state-folder.js');
  const { endpoints } = await runningOn(stateFolderOf(flags));
  const variables = emulatorVariables(endpoints, clientCredentialsOf(endpoints.armToken));
  if (output.json || flags.format === 'json') return output.value(variables);
  const lines = Object.entries(variables).map(([name, value]) =>
    flags.format === 'dotenv' ? `${name}="${value}"` : `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  );
  output.data(lines.join('\n'));
}

/** The names are those that Azure's own samples read, where there are such. */
function emulatorVariables(
  endpoints: EmulatorEndpoints,
  clientCredentials: ClientCredentials,
): Record<string, string> {
  const { clientId, clientSecret } = clientCredentials;
  return {
    NODE_EXTRA_CA_CERTS: endpoints.caFile,
    REQUESTS_CA_BUNDLE: endpoints.caFile,
    SSL_CERT_FILE: endpoints.caFile,
    PROVISIONING_HOST: endpoints.globalDeviceEndpoint,
    PROVISIONING_IDSCOPE: endpoints.idScope,
    DPS_CONNECTION_STRING: endpoints.serviceConnectionString,
    IOTHUB_CONNECTION_STRING: endpoints.hubServiceConnectionString,
    IOTHUB_HOST: endpoints.hubHostName,
    ARM_ENDPOINT: endpoints.armEndpoint,
    ARM_TOKEN: endpoints.armToken,
    AZURE_SUBSCRIPTION_ID: endpoints.subscriptionId,
    AZURE_RESOURCE_GROUP: endpoints.resourceGroup,
    DPS_NAME: endpoints.dpsName,
    AZURE_AUTHORITY_HOST: endpoints.armEndpoint,
    AZURE_TENANT_ID: 'adfs',
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: clientSecret,
  };
}

/**
 * The environment that points an SDK at an emulator: which variables each language's reads, and what cannot be said by
 * one. Names are those of Azure's own samples, if they exist.
 */

import { withoutPort } from '../../dps/contract/host.js';
import type { ClientCredentials } from '../../emulator/access/access-tokens.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { sentences } from '../../languages/language.js';

export type Variables = Record<string, string>;

/** All variables, whatever the language. Secrets of the emulator among them. */
export function emulatorVariables(endpoints: EmulatorEndpoints, credentials: ClientCredentials): Variables {
  const { clientId, clientSecret } = credentials;
  const { https, mqtt, amqp } = endpoints.ports;
  return {
    NODE_EXTRA_CA_CERTS: endpoints.caFile,
    REQUESTS_CA_BUNDLE: endpoints.caFile,
    SSL_CERT_FILE: endpoints.caFile,
    PROVISIONING_HOST: endpoints.globalDeviceEndpoint,
    PROVISIONING_MQTT_HOST: deviceHost(endpoints, mqtt, 8883),
    PROVISIONING_AMQP_HOST: deviceHost(endpoints, amqp, 5671),
    PROVISIONING_IDSCOPE: endpoints.idScope,
    DPS_CONNECTION_STRING: endpoints.serviceConnectionString,
    DPS_HTTPS_PORT: String(https),
    DPS_MQTT_PORT: String(mqtt),
    DPS_AMQP_PORT: String(amqp),
    IOTHUB_CONNECTION_STRING: endpoints.hubServiceConnectionString,
    EVENTHUB_CONNECTION_STRING: endpoints.eventHubConnectionString,
    IOTHUB_HOST: endpoints.hubHostName,
    ARM_ENDPOINT: endpoints.armEndpoint,
    ARM_TOKEN: endpoints.armToken,
    ENROLLKIT_CONSOLE_URL: endpoints.consoleUrl,
    AZURE_SUBSCRIPTION_ID: endpoints.subscriptionId,
    AZURE_RESOURCE_GROUP: endpoints.resourceGroup,
    DPS_NAME: endpoints.dpsName,
    AZURE_AUTHORITY_HOST: endpoints.armEndpoint,
    AZURE_TENANT_ID: 'adfs',
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: clientSecret,
  };
}

/** The device plane for MQTT or AMQP: with its port, unless that is the one that is dialled anyway. */
function deviceHost({ globalDeviceEndpoint }: EmulatorEndpoints, port: number, standard: number): string {
  const host = withoutPort(globalDeviceEndpoint);
  return port === standard ? host : `${host}:${port}`;
}

const devices = [
  ...['PROVISIONING_HOST', 'PROVISIONING_MQTT_HOST', 'PROVISIONING_AMQP_HOST'],
  ...['PROVISIONING_IDSCOPE', 'IOTHUB_HOST'],
];
const services = ['DPS_CONNECTION_STRING', 'IOTHUB_CONNECTION_STRING', 'EVENTHUB_CONNECTION_STRING'];
const ports = ['DPS_HTTPS_PORT', 'DPS_MQTT_PORT', 'DPS_AMQP_PORT'];
const management = [
  ...['ARM_ENDPOINT', 'AZURE_AUTHORITY_HOST', 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'],
  ...['AZURE_SUBSCRIPTION_ID', 'AZURE_RESOURCE_GROUP', 'DPS_NAME'],
];

interface Language {
  /** Names of the variables that matter to it; those that an emulator lacks are left out. */
  variables: readonly string[];
  /** What has to be done besides. */
  notes: (endpoints: EmulatorEndpoints) => string[];
}

const fixedPorts = (clients: 'all' | 'devices') => (endpoints: EmulatorEndpoints) =>
  endpoints.ports.https === 443 && endpoints.ports.mqtt === 8883 && endpoints.ports.amqp === 5671
    ? []
    : [sentences.cliEmulator.fixedPorts(clients)];

/** Found by testing the clients; the notes are about clients that the environment cannot configure. */
export const languages = {
  node: {
    variables: ['NODE_EXTRA_CA_CERTS', ...devices, ...services, ...ports, ...management],
    notes: ({ ports: { https } }) =>
      https === 443
        ? []
        : [
            sentences.cliEmulator.nodePorts,
            sentences.cliEmulator.nodeDefaultPort(https),
            sentences.cliEmulator.nodeStandardPorts,
            sentences.cliEmulator.nodeAmqp,
          ],
  },
  python: {
    variables: ['REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', ...devices, ...services, ...ports],
    notes: fixedPorts('devices'),
  },
  c: {
    variables: ['SSL_CERT_FILE', ...devices, ...services, ...ports],
    notes: (endpoints) => [sentences.cliEmulator.cTrust, ...fixedPorts('all')(endpoints)],
  },
  csharp: {
    variables: ['SSL_CERT_FILE', ...devices, ...services, ...ports],
    notes: (endpoints) => [
      sentences.cliEmulator.csharpTrust,
      `certutil -user -addstore Root "${endpoints.caFile}"`,
      ...fixedPorts('all')(endpoints),
    ],
  },
  java: {
    variables: [...devices, ...services, ...ports],
    notes: (endpoints) => [
      sentences.cliEmulator.javaTrust,
      `keytool -importcert -noprompt -alias enrollkit -file "${endpoints.caFile}" -keystore trust.p12 -storepass changeit`,
      sentences.cliEmulator.javaStart,
      ...fixedPorts('all')(endpoints),
    ],
  },
  go: {
    variables: ['SSL_CERT_FILE', ...devices, ...services, ...ports, ...management],
    notes: () => [sentences.cliEmulator.goTrust],
  },
  az: {
    variables: ['REQUESTS_CA_BUNDLE', ...management],
    notes: (endpoints) => [
      `az cloud register --name enrollkit --endpoint-resource-manager ${endpoints.armEndpoint} --endpoint-management ${endpoints.armEndpoint} --endpoint-active-directory ${endpoints.armEndpoint}/adfs --endpoint-active-directory-resource-id ${endpoints.armEndpoint} --endpoint-active-directory-graph-resource-id ${endpoints.armEndpoint}`,
      'az cloud set --name enrollkit',
      'az login --service-principal --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET" --tenant adfs',
    ],
  },
} as const satisfies Record<string, Language>;

export type LanguageName = keyof typeof languages;
export const languageNames = Object.keys(languages) as LanguageName[];

/** The variables of one language, in its order. */
export function variablesFor(all: Variables, language: LanguageName | undefined): Variables {
  if (language === undefined) return all;
  const names: readonly string[] = languages[language].variables;
  return Object.fromEntries(names.filter((name) => name in all).map((name) => [name, all[name]!]));
}

/** How each kind of file sets a variable; all of them take `#` for a comment. */
export const assignments = {
  shell: (name: string, value: string) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  powershell: (name: string, value: string) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
  // Double quotes expand backslashes, as in a path of Windows, and dollar signs.
  dotenv: (name: string, value: string) =>
    /[\\$"]/.test(value) ? `${name}='${value}'` : `${name}="${value}"`,
} as const;

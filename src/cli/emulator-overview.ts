/** What a person sees when the emulator is ready. */
import { relative } from 'node:path';
import type { EmulatorEndpoints } from '../emulator/endpoints.js';
import { defaultStateFolder } from './flags.js';
import type { Styles } from './output.js';
import { quoted } from './quoted.js';

export function emulatorOverview(
  endpoints: EmulatorEndpoints,
  dir: string,
  program: string,
  style: Styles,
): string {
  const ca = relative(process.cwd(), endpoints.caFile);
  const mqtt = `${endpoints.globalDeviceEndpoint.replace(/:\d+$/, '')}:${endpoints.ports.mqtt}`;
  const dirFlag = dir === defaultStateFolder ? '' : ` --dir ${quoted(dir)}`;
  return `
${style.green('The emulator is ready.')} Ctrl-C stops it; its state is kept in ${dir}.

${style.bold('Where')}
  Device plane      ${endpoints.globalDeviceEndpoint} (HTTPS), ${mqtt} (MQTT)
  ID scope          ${endpoints.idScope}
  Service plane     ${endpoints.armEndpoint}
  Resource Manager  ${endpoints.armEndpoint}, provisioning service ${endpoints.dpsName}
  Hub               ${endpoints.hubHostName}
  Its TLS root      ${ca.startsWith('..') ? endpoints.caFile : ca}

${style.bold('Point an SDK at it')}
  # In another shell: trust, addresses and connection strings for the SDKs
  eval "$(${program} emulator env${dirFlag})"
  # Node.js, a device:
  ProvisioningDeviceClient.create(process.env.PROVISIONING_HOST,
      process.env.PROVISIONING_IDSCOPE, new Mqtt(), security)
  # Node.js, enrollment groups:
  ProvisioningServiceClient.fromConnectionString(
      process.env.DPS_CONNECTION_STRING)
`;
}

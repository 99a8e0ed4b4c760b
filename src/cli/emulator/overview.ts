/** What a person sees when the emulator is ready. */

import { relative } from 'node:path';
import { withoutPort } from '../../dps/contract/host.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import type { Styles } from '../kernel/output.js';
import { dirFlagFor } from './running-emulator.js';

export interface OverviewOptions {
  /** The state folder, as it was typed. */
  dir: string;
  /** How this program is called. */
  program: string;
  style: Styles;
  /** Whether it runs in the background. */
  detached: boolean;
}

export function emulatorOverview(
  endpoints: EmulatorEndpoints,
  { dir, program, style, detached }: OverviewOptions,
): string {
  const ca = relative(process.cwd(), endpoints.caFile);
  const host = withoutPort(endpoints.globalDeviceEndpoint);
  const { mqtt, amqp } = endpoints.ports;
  const dirFlag = dirFlagFor(dir);
  const end = detached ? `${program} emulator stop${dirFlag}` : 'Ctrl-C';
  const intro = detached ? ', in the background.' : '.';
  // The command has the folder in it, and may be long.
  const further = furtherNames(endpoints)
    .map((line) => `\n  Further           ${line}`)
    .join('');
  const gap = detached ? '\n' : ' ';
  return `
${style.green(`The emulator is ready${intro}`)}${gap}${end} stops it;
its state is kept in ${dir}.

${style.bold('Where')}
  Device plane      ${endpoints.globalDeviceEndpoint} (HTTPS), ${host}:${mqtt} (MQTT),
                    ${host}:${amqp} (AMQP)
  ID scope          ${endpoints.idScope}
  Service plane     ${endpoints.armEndpoint}
  Resource Manager  ${endpoints.armEndpoint}, provisioning service ${endpoints.dpsName}
  Hub               ${endpoints.hubHostName}${further}
  Its TLS root      ${ca.startsWith('..') ? endpoints.caFile : ca}

${style.bold('Point an SDK at it')}
  # In another shell: trust, addresses and connection strings for the SDKs
  eval "$(${program} emulator env${dirFlag})"
  # Node.js, a device:
  ProvisioningDeviceClient.create(process.env.PROVISIONING_MQTT_HOST,
      process.env.PROVISIONING_IDSCOPE, new Mqtt(), security)
  # Node.js, enrollment groups:
  ProvisioningServiceClient.fromConnectionString(
      process.env.DPS_CONNECTION_STRING)
`;
}

/** Services and hubs besides the first of each. */
export function furtherNames({ services, hubs }: EmulatorEndpoints): string[] {
  return [
    ...services
      .slice(1)
      .map(({ name, hostName, idScope }) => `Service ${name}: ${hostName}, ID scope ${idScope}`),
    ...hubs.slice(1).map(({ name, hostName }) => `Hub ${name}: ${hostName}`),
  ];
}

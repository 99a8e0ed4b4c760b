/** What a person sees when the emulator is ready. */

import { relative } from 'node:path';
import { withoutPort } from '../../dps/contract/host.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { sentences } from '../../languages/language.js';
import type { Styles } from '../kernel/output.js';
import { padEnd } from '../terminal/text.js';
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
  const { lines, overview } = sentences.cliEmulator;
  const line = (name: string, value: string) => `  ${padEnd(name, 18)}${value}`;
  return [
    '',
    style.green(detached ? overview.readyInBackground : overview.ready),
    detached ? overview.stopInBackground(`${program} emulator stop${dirFlag}`, dir) : overview.stop(dir),
    '',
    style.bold(overview.addresses),
    line(lines.devicePlane, `${endpoints.globalDeviceEndpoint} (HTTPS), ${host}:${mqtt} (MQTT),`),
    line('', `${host}:${amqp} (AMQP)`),
    line(lines.idScope, endpoints.idScope),
    line(lines.servicePlane, endpoints.armEndpoint),
    line(lines.resourceManager, overview.armEndpoint(endpoints.armEndpoint, endpoints.dpsName)),
    line(lines.hub, endpoints.hubHostName),
    ...furtherNames(endpoints).map((further) => line(lines.others, further)),
    line(lines.tlsRoot, ca.startsWith('..') ? endpoints.caFile : ca),
    '',
    style.bold(overview.page),
    `  ${endpoints.consoleUrl}`,
    '',
    style.bold(overview.connectSdk),
    `  # ${overview.environment}`,
    `  eval "$(${program} emulator env${dirFlag})"`,
    `  # ${overview.nodeDevice}`,
    '  ProvisioningDeviceClient.create(process.env.PROVISIONING_MQTT_HOST,',
    '      process.env.PROVISIONING_IDSCOPE, new Mqtt(), security)',
    `  # ${overview.nodeGroups}`,
    '  ProvisioningServiceClient.fromConnectionString(',
    '      process.env.DPS_CONNECTION_STRING)',
    '',
  ].join('\n');
}

/** Services and hubs besides the first of each. */
export function furtherNames({ services, hubs }: EmulatorEndpoints): string[] {
  return [
    ...services
      .slice(1)
      .map(({ name, hostName, idScope }) => sentences.cliEmulator.otherService(name, hostName, idScope)),
    ...hubs.slice(1).map(({ name, hostName }) => sentences.cliEmulator.otherHub(name, hostName)),
  ];
}

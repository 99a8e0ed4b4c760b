/** The values of the samples that register a device. */
import type { SampleValues } from './fill.js';

export interface SampleDevice {
  /** Whether it also sends a message to its hub. */
  telemetry: boolean;
  idScope: string;
  /** The host of DPS for HTTPS, with its port where that is not 443. */
  httpsHost: string;
  /** The host of DPS for MQTT, without its port. */
  mqttHost: string;
  mqttPort: number;
  registrationId: string;
  /** Files, as the program should open them. */
  chain: string;
  key: string;
  /** The root of the service's certificate; null for those of the system. */
  trust: string | null;
}

export function deviceValues({ httpsHost, mqttHost, mqttPort, ...rest }: SampleDevice): SampleValues {
  const mqttAddress = `${mqttHost}:${mqttPort}`;
  return {
    ...rest,
    provisioningHost: mqttHost,
    httpsUrl: `https://${httpsHost}`,
    mqttHost: mqttPort === 8883 ? mqttHost : mqttAddress,
    mqttPort,
    mqttAddress,
    mqttUri: `ssl://${mqttAddress}`,
  };
}

/** The samples that register a device, by language, with the addresses of one provisioning service. */
import { withoutPort } from '../../../dps/contract/host.js';
import { deviceValues } from '../../../samples/device-values.js';
import {
  needsPort,
  sampleLanguageNames,
  sampleLanguages,
  sampleProgram,
  templatesOf,
} from '../../../samples/samples.js';
import type { EmulatorEndpoints } from '../../endpoints.js';

export interface Snippet {
  language: string;
  code: string;
  /** The port that its client always connects to, if the emulator has another one. */
  needsPort: number | undefined;
}

const registrationId = 'device-001';
const [chain, key] = ['chain.pem', 'key.pem'];

/** @param idScope of the provisioning service */
export function snippetsOf(endpoints: EmulatorEndpoints, idScope: string): Snippet[] {
  const { globalDeviceEndpoint, caFile, ports } = endpoints;
  const values = deviceValues({
    ...{ telemetry: false, idScope, registrationId, chain, key, trust: caFile },
    httpsHost: globalDeviceEndpoint,
    mqttHost: withoutPort(globalDeviceEndpoint),
    mqttPort: ports.mqtt,
  });
  return sampleLanguageNames.map((language) => {
    const [template] = templatesOf(language, 'register-device');
    return {
      language: sampleLanguages[language].name,
      code: sampleProgram(language, template!, values).trimEnd(),
      needsPort: needsPort(template!, endpoints) ? template!.fixedPort : undefined,
    };
  });
}

/**
 * Microsoft's packages for Node.js, in the oldest release that people still use and in the latest. The oldest is the SDK's
 * release of July 2020, its last one with long-term support (branch lts_07_2020 of Azure/azure-iot-sdk-node), or what came
 * next where npm no longer has that version. package.json installs them side by side under other names.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export interface Generation {
  name: string;
  device: typeof import('azure-iot-device');
  deviceTransports: typeof import('azure-iot-device-amqp') &
    typeof import('azure-iot-device-http') &
    typeof import('azure-iot-device-mqtt');
  hub: typeof import('azure-iothub');
  provisioning: typeof import('azure-iot-provisioning-device');
  provisioningTransports: typeof import('azure-iot-provisioning-device-amqp') &
    typeof import('azure-iot-provisioning-device-http') &
    typeof import('azure-iot-provisioning-device-mqtt');
  provisioningService: typeof import('azure-iot-provisioning-service');
  symmetricKeys: typeof import('azure-iot-security-symmetric-key');
  x509: typeof import('azure-iot-security-x509');
}

function generation(name: string, suffix: '' | '-oldest'): Generation {
  const load = (...packages: string[]) => Object.assign({}, ...packages.map((one) => require(one + suffix)));
  const transports = (of: string) => load(...['amqp', 'http', 'mqtt'].map((protocol) => `${of}-${protocol}`));
  return {
    name,
    device: load('azure-iot-device'),
    deviceTransports: transports('azure-iot-device'),
    hub: load('azure-iothub'),
    provisioning: load('azure-iot-provisioning-device'),
    provisioningTransports: transports('azure-iot-provisioning-device'),
    provisioningService: load('azure-iot-provisioning-service'),
    symmetricKeys: load('azure-iot-security-symmetric-key'),
    x509: load('azure-iot-security-x509'),
  };
}

export const generations = [generation('oldest', '-oldest'), generation('latest', '')];

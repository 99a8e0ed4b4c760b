/** A device with Microsoft's latest clients for Node.js, while `dialEmulator` is in effect. */
import azureDevice, { type Client } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import provisioningDevice from 'azure-iot-provisioning-device';
import { Http } from 'azure-iot-provisioning-device-http';
import { Mqtt as ProvisioningMqtt } from 'azure-iot-provisioning-device-mqtt';
import securityX509 from 'azure-iot-security-x509';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import type { Made } from '../support/chains.js';
import { withoutPort } from './dial.js';

const transports = { http: Http, mqtt: ProvisioningMqtt };

/** @param chain the certificates that a device presents, its own first */
function credentialOf(chain: Made[]): { cert: string; key: string } {
  const key = chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  return { cert: chain.map(({ pem }) => pem).join(''), key };
}

/** Registers a device; rejects if DPS refuses it. */
export async function registerDevice(
  { endpoints }: { endpoints: EmulatorEndpoints },
  registrationId: string,
  chain: Made[],
  transport: keyof typeof transports = 'http',
) {
  const client = provisioningDevice.ProvisioningDeviceClient.create(
    withoutPort(endpoints.globalDeviceEndpoint),
    endpoints.idScope,
    new transports[transport]() as never,
    new securityX509.X509Security(registrationId, credentialOf(chain)),
  );
  return (await client.register())!;
}

/** Connects a registered device to its hub over MQTT. */
export async function connectDevice(
  { assignedHub, deviceId }: { assignedHub: string; deviceId: string },
  chain: Made[],
): Promise<Client> {
  const client = azureDevice.Client.fromConnectionString(
    `HostName=${assignedHub};DeviceId=${deviceId};x509=true`,
    Mqtt,
  );
  await client.setOptions(credentialOf(chain));
  await client.open();
  return client;
}

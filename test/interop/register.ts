/** Registers a device with Microsoft's provisioning client for Node.js. */
import provisioningDevice from 'azure-iot-provisioning-device';
import { Http } from 'azure-iot-provisioning-device-http';
import securityX509 from 'azure-iot-security-x509';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import type { Made } from '../support/chains.js';
import { withoutPort } from './dial.js';

/**
 * Registers over HTTPS, while `dialEmulator` is in effect.
 *
 * @param chain the certificates that the device presents, its own first
 * @returns what the client returns; rejects if DPS refuses the device
 */
export async function registerDevice(
  { endpoints }: { endpoints: EmulatorEndpoints },
  registrationId: string,
  chain: Made[],
) {
  const client = provisioningDevice.ProvisioningDeviceClient.create(
    withoutPort(endpoints.globalDeviceEndpoint),
    endpoints.idScope,
    new Http() as never,
    new securityX509.X509Security(registrationId, {
      cert: chain.map(({ pem }) => pem).join(''),
      key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    }),
  );
  return (await client.register())!;
}

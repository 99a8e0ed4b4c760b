/**
 * An unmodified official device client over WebSockets, from registration to telemetry, in a process of its own: NODE_EXTRA_CA_CERTS
 * is read at start only. Takes JSON on stdin, prints JSON on stdout.
 */
import { text } from 'node:stream/consumers';
import device from 'azure-iot-device';
import hubTransports from 'azure-iot-device-mqtt';
import provisioning from 'azure-iot-provisioning-device';
import provisioningTransports from 'azure-iot-provisioning-device-mqtt';
import security from 'azure-iot-security-x509';

const { provisioningHost, idScope, registrationId, cert, key } = JSON.parse(await text(process.stdin));

async function register() {
  const client = provisioning.ProvisioningDeviceClient.create(
    provisioningHost,
    idScope,
    new provisioningTransports.MqttWs(),
    new security.X509Security(registrationId, { cert, key }),
  );
  return client.register();
}

async function useHub({ assignedHub, deviceId }) {
  const client = device.Client.fromConnectionString(
    `HostName=${assignedHub};DeviceId=${deviceId};x509=true`,
    hubTransports.MqttWs,
  );
  await client.setOptions({ cert, key });
  await client.open();
  const message = new device.Message('{"temperature":21}');
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.properties.add('alarm', 'a b');
  await client.sendEvent(message);
  const twin = await client.getTwin();
  const desired = { ...twin.properties.desired };
  await new Promise((resolve, reject) =>
    twin.properties.reported.update({ firmware: '1.0' }, (error) => (error ? reject(error) : resolve())),
  );
  await client.close();
  delete desired.update;
  return { desired };
}

try {
  const registration = await register();
  console.log(JSON.stringify({ registration, hub: await useHub(registration) }));
} catch (error) {
  console.log(JSON.stringify({ error: error.name, message: error.message, result: error.result }));
}
process.exit(0);

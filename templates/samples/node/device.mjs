// Registers a device with DPS by its certificate, and prints the hub that it is assigned to.
{{#telemetry}}
// Then it sends a message to that hub.
{{/telemetry}}
// Written by enrollkit; run it against Azure, or against "enrollkit emulator start".
//
//   npm install azure-iot-provisioning-device@1.9.1 azure-iot-provisioning-device-mqtt@1.8.1 azure-iot-security-x509@1.7.12
{{#telemetry}}
//   npm install azure-iot-device@1.18.4 azure-iot-device-mqtt@1.16.4
{{/telemetry}}
//   node {{>program}}
{{#trust}}
import { spawnSync } from 'node:child_process';
{{/trust}}
import { readFileSync } from 'node:fs';
{{#telemetry}}
import azureDevice from 'azure-iot-device';
import deviceMqtt from 'azure-iot-device-mqtt';
{{/telemetry}}
import provisioning from 'azure-iot-provisioning-device';
import provisioningMqtt from 'azure-iot-provisioning-device-mqtt';
import x509 from 'azure-iot-security-x509';
{{#trust}}

// The root of the emulator. Node.js reads it when it starts, so this program starts itself with it.
const trust = {{trust}};
if (process.env.NODE_EXTRA_CA_CERTS !== trust) {
  const { status } = spawnSync(process.execPath, process.argv.slice(1), {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: trust },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
{{/trust}}

// The chain: the certificate of the device first, then its issuers.
const credential = {
  cert: readFileSync({{chain}}, 'utf8'),
  key: readFileSync({{key}}, 'utf8'),
};
const client = provisioning.ProvisioningDeviceClient.create(
  {{mqttHost}},
  {{idScope}},
  new provisioningMqtt.Mqtt(),
  new x509.X509Security({{registrationId}}, credential),
);

try {
  const { assignedHub, deviceId } = await client.register();
  console.log('assigned', assignedHub, deviceId);
{{#telemetry}}

  const hub = azureDevice.Client.fromConnectionString(
    `HostName=${assignedHub};DeviceId=${deviceId};x509=true`,
    deviceMqtt.Mqtt,
  );
  await hub.setOptions(credential);
  await hub.open();
  const message = new azureDevice.Message(JSON.stringify({ temperature: 21.5 }));
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  await hub.sendEvent(message);
  console.log('sent');
  await hub.close();
{{/telemetry}}
} catch (error) {
  const { registrationState: state } = error.result ?? {};
  console.error(state ? `${state.errorCode} ${state.errorMessage}` : error.message);
  process.exitCode = 1;
}

/**
 * Registers with Microsoft's provisioning client for Node.js, in a process of its own: some faults end it.
 *
 * Argument: JSON with transport, host, ports, idScope, registrationId, cert, key, ca. Prints `registers` or `fails`.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const tls = require('node:tls');
const given = JSON.parse(process.argv[2]);

// The clients cannot be told every port.
const portOf = { 443: given.ports.https, 8883: given.ports.mqtt, 5671: given.ports.amqp };
const { connect } = tls;
tls.connect = (...words) => {
  const callback = words.find((one) => typeof one === 'function');
  const options = {};
  for (const one of words) {
    if (typeof one === 'object') Object.assign(options, one);
    else if (/^\d+$/.test(String(one))) options.port = Number(one);
    else if (typeof one === 'string') options.host = one;
  }
  const port = portOf[options.port] ?? options.port;
  return connect({ ...options, port, ca: options.ca ?? given.ca }, callback);
};

const { ProvisioningDeviceClient } = require('azure-iot-provisioning-device');
const { X509Security } = require('azure-iot-security-x509');
const transports = {
  https: () => new (require('azure-iot-provisioning-device-http').Http)(),
  mqtt: () => new (require('azure-iot-provisioning-device-mqtt').Mqtt)(),
  amqp: () => new (require('azure-iot-provisioning-device-amqp').Amqp)(),
};
const { cert, key, registrationId, idScope, transport } = given;
const security = new X509Security(registrationId, { cert, key });
const client = ProvisioningDeviceClient.create('localhost', idScope, transports[transport](), security);
client.register((error) => {
  console.log(error ? 'fails' : 'registers');
  // Some faults end the process later, with an exception that no program can catch.
  setTimeout(() => process.exit(0), 1000);
});

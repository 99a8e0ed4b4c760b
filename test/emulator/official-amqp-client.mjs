/**
 * Unmodified official device clients over AMQP, from registration to telemetry and twin, in a process of its own:
 * NODE_EXTRA_CA_CERTS is read at start only. Takes JSON on stdin, prints JSON on stdout.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import common from 'azure-iot-common';
import device from 'azure-iot-device';
import hubTransports from 'azure-iot-device-amqp';
import provisioning from 'azure-iot-provisioning-device';
import provisioningTransports from 'azure-iot-provisioning-device-amqp';
import security from 'azure-iot-security-x509';

const lines = createInterface({ input: process.stdin });
const {
  provisioningHost,
  idScope,
  registrationId,
  /** With a certificate, or with a symmetric key. */
  cert,
  key,
  symmetricKey,
  webSocket = false,
  /** Where port 443 is: over WebSockets the clients dial no other. */
  httpsPort,
  /** Skips the registration. */
  hubHost,
  service = false,
} = JSON.parse((await once(lines, 'line'))[0]);

const connect = tls.connect;
tls.connect = (options, ...rest) =>
  connect(Number(options.port) === 443 ? { ...options, port: httpsPort } : options, ...rest);

/** What azure-iot-security-symmetric-key does. */
function symmetricKeySecurity() {
  const resource = encodeURIComponent(`${idScope}/registrations/${registrationId}`);
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const token = common.SharedAccessSignature.create(resource, 'registration', symmetricKey, expiry);
  return {
    getRegistrationId: (callback) => callback(null, registrationId),
    createSharedAccessSignature: (_idScope, callback) => callback(null, token.toString()),
  };
}

async function register() {
  const client = provisioning.ProvisioningDeviceClient.create(
    provisioningHost,
    idScope,
    webSocket ? new provisioningTransports.AmqpWs() : new provisioningTransports.Amqp(),
    symmetricKey ? symmetricKeySecurity() : new security.X509Security(registrationId, { cert, key }),
  );
  client.setProvisioningPayload({ from: 'amqp' });
  return client.register();
}

async function useHub({ assignedHub, deviceId }) {
  const host = webSocket ? assignedHub.replace(/:\d+$/, '') : assignedHub;
  const client = device.Client.fromConnectionString(
    `HostName=${host};DeviceId=${deviceId};${symmetricKey ? `SharedAccessKey=${symmetricKey}` : 'x509=true'}`,
    webSocket ? hubTransports.AmqpWs : hubTransports.Amqp,
  );
  if (!symmetricKey) await client.setOptions({ cert, key });
  await client.open();
  const message = new device.Message('{"temperature":21}');
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.messageId = 'first';
  message.properties.add('alarm', 'a b');
  const sent = await client.sendEvent(message);
  const twin = await client.getTwin();
  const desired = { ...twin.properties.desired };
  delete desired.update;
  const report = (patch) =>
    new Promise((resolve, reject) =>
      twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve())),
    );
  await report({ firmware: '1.0' });
  const refused = await report({ 'not.allowed': 1 }).then(
    () => 'taken',
    (error) => error.name,
  );
  const result = { sent: sent.constructor.name, desired, refused };
  if (service) Object.assign(result, await serve(client, twin));
  await client.close();
  return result;
}

/** Waits for what the service side is about to do. */
async function serve(client, twin) {
  const changed = new Promise((resolve) => {
    let first = true;
    twin.on('properties.desired', (delta) => {
      if (!first) resolve(delta);
      first = false;
    });
  });
  const received = new Promise((resolve) =>
    client.on('message', (message) =>
      client.complete(message, () =>
        resolve({
          body: message.getData().toString(),
          messageId: message.messageId,
          properties: message.properties.propertyList,
        }),
      ),
    ),
  );
  const called = new Promise((resolve) =>
    client.onDeviceMethod('reboot', (request, response) =>
      response.send(202, { in: request.payload.seconds }, () => resolve(request.payload)),
    ),
  );
  // Subscriptions are asked for without a callback: the next answer of the twin comes after that of the first.
  await client.getTwin();
  console.log(JSON.stringify({ ready: true }));
  return { changed: await changed, received: await received, called: await called };
}

try {
  const registration = hubHost ? { assignedHub: hubHost, deviceId: registrationId } : await register();
  console.log(JSON.stringify({ registration, hub: await useHub(registration) }));
} catch (error) {
  console.log(
    JSON.stringify({
      error: error.name,
      message: error.message,
      amqp: error.amqpError ?? error.condition,
      stack: error.stack,
    }),
  );
}
process.exit(0);

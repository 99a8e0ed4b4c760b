/**
 * A client in another container: creates an enrollment group with a symmetric key, registers a device and sends a message
 * to the hub that it is assigned to. It has only Node.js, and the variables of `enrollkit emulator env`.
 */
import { createHmac, randomBytes } from 'node:crypto';

const { PROVISIONING_HOST, PROVISIONING_IDSCOPE, DPS_CONNECTION_STRING } = process.env;
const groupId = 'containers';
const deviceId = 'container-1';
const groupKey = randomBytes(64).toString('base64');
const deviceKey = hmac(groupKey, deviceId);

const service = Object.fromEntries(
  DPS_CONNECTION_STRING.split(';').map((part) => part.split(/=(.*)/s).slice(0, 2)),
);
await send('PUT', `https://${service.HostName}/enrollmentGroups/${groupId}?api-version=2021-10-01`, {
  authorization: sasToken(service.HostName, service.SharedAccessKey, service.SharedAccessKeyName),
  body: {
    enrollmentGroupId: groupId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey, secondaryKey: groupKey } },
    provisioningStatus: 'enabled',
  },
});

const registration = `${PROVISIONING_IDSCOPE}/registrations/${deviceId}`;
const authorization = sasToken(registration, deviceKey, 'registration');
const registrations = `https://${PROVISIONING_HOST}/${registration}`;
let operation = await send('PUT', `${registrations}/register?api-version=2021-06-01`, {
  authorization,
  body: { registrationId: deviceId },
});
while (operation.status === 'assigning') {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  operation = await send(
    'GET',
    `${registrations}/operations/${operation.operationId}?api-version=2021-06-01`,
    {
      authorization,
    },
  );
}
if (operation.status !== 'assigned') throw new Error(JSON.stringify(operation));

const { assignedHub } = operation.registrationState;
// A hub of the emulator answers HTTPS, MQTT and AMQP on the port that is part of its name.
await send('POST', `https://${assignedHub}/devices/${deviceId}/messages/events?api-version=2020-09-30`, {
  authorization: sasToken(`${assignedHub}/devices/${deviceId}`, deviceKey),
  body: { temperature: 21 },
});
console.log(`${deviceId} is assigned to ${assignedHub}, which has its message.`);

/** @returns the body, if there is one */
async function send(method, url, { authorization, body }) {
  const reply = await fetch(url, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${url}: ${reply.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

function hmac(key, text) {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
}

function sasToken(resource, key, policy) {
  const name = encodeURIComponent(resource);
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const signature = encodeURIComponent(hmac(key, `${name}\n${expiry}`));
  const token = `SharedAccessSignature sr=${name}&sig=${signature}&se=${expiry}`;
  return policy === undefined ? token : `${token}&skn=${policy}`;
}

// Creates an enrollment group with the settings of your plan. Written by enrollkit; run it against Azure, or against
// "enrollkit emulator start".
//
//   npm install azure-iot-provisioning-service@1.11.2
//   export DPS_CONNECTION_STRING='HostName=...;SharedAccessKeyName=...;SharedAccessKey=...'
//   node {{>program}}
//
// The connection string is a secret, so it comes from the environment. For the emulator, "enrollkit emulator env"
// prints it. The service refuses to create a group that exists.
{{#trust}}
import { readFileSync } from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
{{/trust}}
import provisioning from 'azure-iot-provisioning-service';

const connectionString = process.env.DPS_CONNECTION_STRING;
if (!connectionString) {
  console.error('Set DPS_CONNECTION_STRING to the connection string of your provisioning service.');
  process.exit(1);
}
{{#trust}}

// The root and the port of the emulator: the client has no settings for them.
https.globalAgent.options.ca = [...tls.rootCertificates, readFileSync({{trust}}, 'utf8')];
const [, host, port = '443'] = /HostName=([^:;]+)(?::(\d+))?/i.exec(connectionString) ?? [];
https.globalAgent.defaultPort = Number(port);
const service = provisioning.ProvisioningServiceClient.fromConnectionString(
  connectionString.replace(/(HostName=)[^;]+/i, `$1${host}`),
);
{{/trust}}
{{^trust}}
const service = provisioning.ProvisioningServiceClient.fromConnectionString(connectionString);
{{/trust}}

const group = {{group}};

try {
  const { responseBody } = await service.createOrUpdateEnrollmentGroup(group);
  console.log('created', responseBody.enrollmentGroupId);
} catch (error) {
  console.error(`The service refused the group: ${error.message} ${error.responseBody ?? ''}`);
  process.exitCode = 1;
}

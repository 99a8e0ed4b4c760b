/** Programs that register a device with the emulator, by language, with the addresses of one provisioning service. */
import { withoutPort } from '../../../dps/contract/host.js';
import type { EmulatorEndpoints } from '../../endpoints.js';

export interface Snippet {
  language: string;
  code: string;
  /** The port that its client always connects to, if the emulator has another one. */
  needsPort: number | undefined;
}

const registrationId = 'device-001';
const [chain, key] = ['chain.pem', 'key.pem'];

/**
 * @param idScope of the provisioning service
 *
 * Source: the samples of Microsoft's device SDKs; prov_dev_client_ll_x509_sample.c for C.
 */
export function snippetsOf(
  { globalDeviceEndpoint, caFile, ports, armEndpoint }: EmulatorEndpoints,
  idScope: string,
): Snippet[] {
  const host = withoutPort(globalDeviceEndpoint);
  const mqttHost = ports.mqtt === 8883 ? host : `${host}:${ports.mqtt}`;
  const mqttPort = ports.mqtt === 8883 ? undefined : 8883;
  // JSON is a literal of all these languages.
  const text = (value: string) => JSON.stringify(value);
  const trust = (name: string) => `export ${name}=${shellWord(caFile)}`;
  return [
    {
      language: 'Node.js',
      needsPort: undefined,
      code: `// npm install azure-iot-provisioning-device azure-iot-provisioning-device-mqtt azure-iot-security-x509
// ${trust('NODE_EXTRA_CA_CERTS')}
const { readFileSync } = require('node:fs');
const { ProvisioningDeviceClient } = require('azure-iot-provisioning-device');
const { Mqtt } = require('azure-iot-provisioning-device-mqtt');
const { X509Security } = require('azure-iot-security-x509');

const security = new X509Security(${text(registrationId)}, {
  cert: readFileSync(${text(chain)}, 'utf8'),
  key: readFileSync(${text(key)}, 'utf8'),
});
ProvisioningDeviceClient.create(${text(mqttHost)}, ${text(idScope)}, new Mqtt(), security).register(
  (error, { assignedHub, deviceId } = {}) => {
    if (error) throw error;
    console.log(assignedHub, deviceId);
  },
);`,
    },
    {
      language: 'Python',
      needsPort: mqttPort,
      code: `# pip install azure-iot-device==2.14.0
# ${trust('SSL_CERT_FILE')}
from azure.iot.device import X509, ProvisioningDeviceClient

client = ProvisioningDeviceClient.create_from_x509_certificate(
    provisioning_host=${text(host)},
    id_scope=${text(idScope)},
    registration_id=${text(registrationId)},
    x509=X509(cert_file=${text(chain)}, key_file=${text(key)}),
)
result = client.register()
print(result.status, result.registration_state.assigned_hub)`,
    },
    {
      language: 'C#',
      needsPort: mqttPort,
      code: `// dotnet add package Microsoft.Azure.Devices.Provisioning.Client
// dotnet add package Microsoft.Azure.Devices.Provisioning.Transport.Mqtt
// ${trust('SSL_CERT_FILE')}
using System.Security.Cryptography.X509Certificates;
using Microsoft.Azure.Devices.Provisioning.Client;
using Microsoft.Azure.Devices.Provisioning.Client.Transport;
using Microsoft.Azure.Devices.Shared;

var chain = new X509Certificate2Collection();
chain.ImportFromPemFile(${text(chain)});
using var certificate = X509Certificate2.CreateFromPemFile(${text(chain)}, ${text(key)});
using var security = new SecurityProviderX509Certificate(certificate, chain);
using var transport = new ProvisioningTransportHandlerMqtt();
var client = ProvisioningDeviceClient.Create(${text(host)}, ${text(idScope)}, security, transport);
var result = await client.RegisterAsync();
Console.WriteLine($"{result.Status} {result.AssignedHub} {result.DeviceId}");`,
    },
    {
      language: 'C',
      needsPort: mqttPort,
      code: `/* azure-iot-sdk-c, built with -Duse_prov_client=ON -Dhsm_type_x509=ON
   ${trust('SSL_CERT_FILE')} */
prov_dev_security_init(SECURE_DEVICE_TYPE_X509);
PROV_DEVICE_LL_HANDLE handle =
    Prov_Device_LL_Create(${text(host)}, ${text(idScope)}, Prov_Device_MQTT_Protocol);
Prov_Device_LL_SetOption(handle, PROV_REGISTRATION_ID, ${text(registrationId)});
Prov_Device_LL_SetOption(handle, OPTION_X509_CERT, chain_pem);      /* the text of ${chain} */
Prov_Device_LL_SetOption(handle, OPTION_X509_PRIVATE_KEY, key_pem); /* the text of ${key} */
Prov_Device_LL_Register_Device(handle, on_registered, NULL, NULL, NULL);
while (!is_registered) {
    Prov_Device_LL_DoWork(handle);
    ThreadAPI_Sleep(10);
}`,
    },
    {
      language: 'openssl, curl',
      needsPort: undefined,
      code: `ca=${shellWord(caFile)}
openssl s_client -connect ${host}:${ports.https} -CAfile "$ca" -cert ${chain} -key ${key} -brief </dev/null
curl --cacert "$ca" --cert ${chain} --key ${key} -X PUT -H 'content-type: application/json' \\
  -d ${shellWord(JSON.stringify({ registrationId }))} \\
  ${shellWord(`${armEndpoint}/${idScope}/registrations/${registrationId}/register?api-version=2021-06-01`)}`,
    },
  ];
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

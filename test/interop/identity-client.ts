/** @azure/identity and the ARM client, unmodified, in a process of their own: NODE_EXTRA_CA_CERTS is read at start. */
import https from 'node:https';
import { json } from 'node:stream/consumers';
import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import { ClientSecretCredential } from '@azure/identity';
import hub from 'azure-iothub';

const { endpoints, clientId, clientSecret } = (await json(process.stdin)) as {
  endpoints: Record<string, string>;
  clientId: string;
  clientSecret: string;
};
const credentialOf = (secret: string) =>
  new ClientSecretCredential('adfs', clientId, secret, {
    authorityHost: endpoints.armEndpoint!,
    disableInstanceDiscovery: true,
  });
const credential = credentialOf(clientSecret);
const arm = new IotDpsClient(credential, endpoints.subscriptionId!, { endpoint: endpoints.armEndpoint! });
const service = await arm.iotDpsResource.get(endpoints.dpsName!, endpoints.resourceGroup!);
const token = await credential.getToken('https://azure-devices-provisioning.net/.default');
// It knows no port but 443: the agent's default port is its own.
const agent = Object.assign(new https.Agent({ keepAlive: true }), {
  defaultPort: Number(endpoints.httpsPort),
});
const registry = hub.Registry.fromTokenCredential('localhost', credential);
(registry as unknown as { _restApiClient: { setOptions(options: object): void } })._restApiClient.setOptions({
  http: { agent },
});
const { responseBody: device } = await registry.create({ deviceId: 'by-bearer' });
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'granted',
    (error: Error) => error.message,
  );
process.stdout.write(
  JSON.stringify({
    idScope: service.properties.idScope,
    serviceToken: token.token,
    hubDevice: device.deviceId,
    wrongSecret: await outcome(credentialOf('wrong').getToken('https://management.azure.com/.default')),
    foreign: await outcome(credential.getToken('https://graph.microsoft.com/.default')),
  }),
);

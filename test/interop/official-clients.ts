/**
 * The quickstart by unmodified official clients, in a process of its own: NODE_EXTRA_CA_CERTS is read at start only.
 * Reads one JSON object on stdin (endpoints and certificates), prints one on stdout.
 */
import { text } from 'node:stream/consumers';
import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import device from 'azure-iot-device';
import { Mqtt as HubMqtt } from 'azure-iot-device-mqtt';
import provisioningDevice from 'azure-iot-provisioning-device';
import { Http as ProvisioningHttp } from 'azure-iot-provisioning-device-http';
import { Mqtt as ProvisioningMqtt } from 'azure-iot-provisioning-device-mqtt';
import provisioningService from 'azure-iot-provisioning-service';
import securityX509 from 'azure-iot-security-x509';
import { dialPort } from './global-agent.js';

interface Input {
  endpoints: Record<string, string> & { ports: { https: number; mqtt: number } };
  rootPem: string;
  /** Signs the verification certificate: its subject is the code. */
  verificationCertificates: { command: string };
  groups: Record<string, object>;
  devices: { registrationId: string; cert: string; key: string; protocol: 'mqtt' | 'http' }[];
}

const input: Input = JSON.parse(await text(process.stdin));
const { endpoints } = input;

const restoreAgent = dialPort(endpoints.ports.https);
const withoutPort = (host: string) => host.replace(/:\d+$/, '');

const result: Record<string, unknown> = {};

// ARM: upload, code, verify.
const credential = {
  getToken: async () => ({ token: endpoints.armToken!, expiresOnTimestamp: Date.now() + 3_600_000 }),
};
const arm = new IotDpsClient(credential, endpoints.subscriptionId!, { endpoint: endpoints.armEndpoint! });
const where = [endpoints.resourceGroup!, endpoints.dpsName!] as const;
const description = await arm.iotDpsResource.get(endpoints.dpsName!, endpoints.resourceGroup!);
result.idScope = description.properties.idScope;
result.linkedHubs = description.properties.iotHubs?.map((hub) => hub.name);
const keys = [];
for await (const key of arm.iotDpsResource.listKeys(endpoints.dpsName!, endpoints.resourceGroup!))
  keys.push(key);
result.policies = keys.map((key) => key.keyName);
const uploaded = await arm.dpsCertificate.createOrUpdate(where[0], where[1], 'interop-root', {
  properties: { certificate: Buffer.from(input.rootPem) },
});
result.uploadedVerified = uploaded.properties?.isVerified;
const challenge = await arm.dpsCertificate.generateVerificationCode(
  'interop-root',
  uploaded.etag!,
  where[0],
  where[1],
);
const { execFileSync } = await import('node:child_process');
const answer = execFileSync('sh', ['-c', input.verificationCertificates.command], {
  env: { ...process.env, CODE: challenge.properties!.verificationCode! },
  encoding: 'utf8',
});
const verified = await arm.dpsCertificate.verifyCertificate(
  'interop-root',
  challenge.etag!,
  where[0],
  where[1],
  {
    certificate: answer,
  },
);
result.verified = verified.properties?.isVerified;
const etags = [uploaded.etag, challenge.etag, verified.etag];
result.etagsDiffer = new Set(etags).size === etags.length;
result.staleEtag = await arm.dpsCertificate.delete(where[0], uploaded.etag!, where[1], 'interop-root').then(
  () => 'deleted',
  (error: { statusCode?: number }) => error.statusCode,
);

// Service plane: the groups, by CA reference and by certificate.
const service = provisioningService.ProvisioningServiceClient.fromConnectionString(
  endpoints.serviceConnectionString!.replace(/HostName=[^;]+/, (host) => withoutPort(host)),
);
const groups: Record<string, unknown> = {};
for (const [name, group] of Object.entries(input.groups)) {
  const { responseBody } = await service.createOrUpdateEnrollmentGroup(group as never);
  groups[name] = responseBody;
}
result.groups = groups;
const query = service.createEnrollmentGroupQuery({ query: '*' }, 1);
const listed: string[] = [];
do {
  // Without the token it would read the first page for ever.
  const page = await query.next(query.continuationToken);
  listed.push(
    ...(page.responseBody as unknown as { enrollmentGroupId: string }[]).map(
      (group) => group.enrollmentGroupId,
    ),
  );
} while (query.hasMoreResults);
result.listed = listed;

// Devices: register, then the hub.
result.devices = await Promise.all(
  input.devices.map(async ({ registrationId, cert, key, protocol }) => {
    const http = protocol === 'http';
    const transport = http ? new ProvisioningHttp() : new ProvisioningMqtt();
    const host = http ? withoutPort(endpoints.globalDeviceEndpoint!) : `localhost:${endpoints.ports.mqtt}`;
    const client = provisioningDevice.ProvisioningDeviceClient.create(
      host,
      endpoints.idScope!,
      transport as never,
      new securityX509.X509Security(registrationId, { cert, key }),
    );
    const registration = await client.register();
    const { assignedHub, deviceId } = registration!;
    const hubClient = device.Client.fromConnectionString(
      `HostName=${assignedHub};DeviceId=${deviceId};x509=true`,
      HubMqtt as never,
    );
    await hubClient.setOptions({ cert, key } as never);
    await hubClient.open();
    const sent = await hubClient.sendEvent(new device.Message(JSON.stringify({ hello: registrationId })));
    const twin = await hubClient.getTwin();
    await new Promise<void>((resolve, reject) =>
      twin.properties.reported.update({ firmware: '1.0' }, (error: Error | null) =>
        error ? reject(error) : resolve(),
      ),
    );
    await hubClient.close();
    const { responseBody: record } = await service.getDeviceRegistrationState(registrationId);
    return {
      registrationId,
      protocol,
      assignedHub,
      deviceId,
      sent: sent.constructor.name,
      desired: twin.properties.desired,
      record,
    };
  }),
);

// And all away again.
for (const { registrationId } of input.devices) await service.deleteDeviceRegistrationState(registrationId);
for (const name of Object.keys(input.groups)) await service.deleteEnrollmentGroup(name);
result.groupGone = await service.getEnrollmentGroup(Object.keys(input.groups)[0]!).then(
  () => 'still there',
  (error: Error) => error.name,
);
await arm.dpsCertificate.delete(where[0], verified.etag!, where[1], 'interop-root');
result.certificatesLeft = (await arm.dpsCertificate.list(where[0], where[1])).value?.length;

restoreAgent();
process.stdout.write(JSON.stringify(result));

/** What people do with Azure's client for ARM: they read their service, and upload a CA and prove its possession. */
import assert from 'node:assert/strict';
import type { IotDpsClient as OldestClient } from '@azure/arm-deviceprovisioningservices';
import type { TokenCredential } from '@azure/identity';

export interface ArmGiven {
  armEndpoint: string;
  armToken: string;
  subscriptionId: string;
  resourceGroup: string;
  dpsName: string;
  idScope: string;
  linkedHubs: string[];
  /** A CA's certificate, PEM. */
  rootPem: string;
}

interface Certificate {
  etag: string;
  isVerified: boolean;
  verificationCode: string;
}

/** What the journey asks of a generation of the client. */
interface Arm {
  service(): Promise<{ idScope?: string; linkedHubs?: (string | undefined)[] }>;
  policies(): Promise<string[]>;
  certificates(): Promise<string[]>;
  get(name: string): Promise<Certificate>;
  upload(name: string, pem: string): Promise<Certificate>;
  generateCode(name: string, etag: string): Promise<Certificate>;
  verify(name: string, etag: string, pem: string): Promise<Certificate>;
  delete(name: string, etag: string): Promise<void>;
}

interface Answer {
  etag?: string;
  properties?: { isVerified?: boolean; verificationCode?: string };
}

function certificateOf({ etag, properties }: Answer): Certificate {
  return {
    etag: etag!,
    isVerified: properties!.isVerified!,
    verificationCode: properties!.verificationCode ?? '',
  };
}

type Connect = (credential: TokenCredential, given: ArmGiven) => Promise<Arm>;

/** @param differing what has its parameters in another order in each generation */
function armOf(
  { dpsCertificate, iotDpsResource }: OldestClient,
  { resourceGroup, dpsName }: ArmGiven,
  differing: Pick<Arm, 'delete'> & { get: () => ReturnType<OldestClient['iotDpsResource']['get']> },
): Arm {
  return {
    async service() {
      const { properties } = await differing.get();
      return { idScope: properties.idScope, linkedHubs: properties.iotHubs?.map(({ name }) => name) };
    },
    async policies() {
      const names: string[] = [];
      for await (const { keyName } of iotDpsResource.listKeys(dpsName, resourceGroup)) names.push(keyName);
      return names;
    },
    async certificates() {
      return (await dpsCertificate.list(resourceGroup, dpsName)).value!.map(({ name }) => name!);
    },
    async get(name) {
      return certificateOf(await dpsCertificate.get(name, resourceGroup, dpsName));
    },
    async upload(name, pem) {
      const properties = { certificate: Buffer.from(pem) };
      return certificateOf(await dpsCertificate.createOrUpdate(resourceGroup, dpsName, name, { properties }));
    },
    async generateCode(name, etag) {
      return certificateOf(await dpsCertificate.generateVerificationCode(name, etag, resourceGroup, dpsName));
    },
    async verify(name, etag, certificate) {
      return certificateOf(
        await dpsCertificate.verifyCertificate(name, etag, resourceGroup, dpsName, { certificate }),
      );
    },
    delete: differing.delete,
  };
}

/** 5.1.0: the last one that runs on Node.js 20. */
const oldest: Connect = async (credential, given) => {
  const { IotDpsClient } = await import('@azure/arm-deviceprovisioningservices');
  const { armEndpoint, subscriptionId, resourceGroup, dpsName } = given;
  const client = new IotDpsClient(credential, subscriptionId, { endpoint: armEndpoint });
  return armOf(client, given, {
    get: () => client.iotDpsResource.get(dpsName, resourceGroup),
    delete: (name, etag) => client.dpsCertificate.delete(resourceGroup, etag, dpsName, name),
  });
};

/** 6.0.0, for Node.js 22 and later. Another generator wrote it, in whose types more is optional. */
const latest: Connect = async (credential, given) => {
  const { IotDpsClient } = await import('@azure/arm-deviceprovisioningservices-latest');
  const { armEndpoint, subscriptionId, resourceGroup, dpsName } = given;
  const client = new IotDpsClient(credential, subscriptionId, { endpoint: armEndpoint });
  return armOf(client as unknown as OldestClient, given, {
    get: () =>
      client.iotDpsResource.get(resourceGroup, dpsName) as ReturnType<OldestClient['iotDpsResource']['get']>,
    delete: (name, etag) => client.dpsCertificate.delete(resourceGroup, dpsName, name, etag),
  });
};

export const armClients = { oldest, latest };

/**
 * @param prove what signs a verification certificate, PEM: its subject is the code
 * @param whileVerified what happens before the certificate is deleted again
 */
export async function proveCa(
  connect: Connect,
  given: ArmGiven,
  prove: (code: string) => Promise<string>,
  whileVerified: () => Promise<void>,
): Promise<void> {
  const getToken = async () => ({ token: given.armToken, expiresOnTimestamp: Date.now() + 3_600_000 });
  const arm = await connect({ getToken }, given);
  const { idScope, linkedHubs } = await arm.service();
  assert.deepEqual({ idScope, linkedHubs }, { idScope: given.idScope, linkedHubs: given.linkedHubs });
  assert.ok((await arm.policies()).includes('provisioningserviceowner'));

  const name = 'interop-root';
  const uploaded = await arm.upload(name, given.rootPem);
  assert.equal(uploaded.isVerified, false);
  const challenge = await arm.generateCode(name, uploaded.etag);
  assert.match(challenge.verificationCode, /^[0-9A-F]{48}$/);
  const verified = await arm.verify(name, challenge.etag, await prove(challenge.verificationCode));
  assert.equal(verified.isVerified, true);
  const etags = [uploaded.etag, challenge.etag, verified.etag];
  assert.equal(new Set(etags).size, etags.length);
  const read = await arm.get(name);
  assert.deepEqual([read.isVerified, read.etag], [true, verified.etag]);
  assert.deepEqual(await arm.certificates(), [name]);
  const withStatus = (statusCode: number) => (error: Error) => {
    assert.equal((error as Error & { statusCode: number }).statusCode, statusCode, String(error));
    return true;
  };
  await assert.rejects(arm.delete(name, uploaded.etag), withStatus(412));

  await whileVerified();

  await arm.delete(name, verified.etag);
  assert.deepEqual(await arm.certificates(), []);
  await assert.rejects(arm.get(name), withStatus(404));
}

/** The account behind a provisioning service, from nothing to a registered device and back, on the emulator. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { registerDevice } from '../../src/dps/client/device.js';
import { ResourceManager, scopeOf } from '../../src/dps/client/resource-manager.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { emulatorTarget, type Target } from '../../src/dps/client/target.js';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

interface Account {
  emulator: Emulator;
  target: Target;
  manager: ResourceManager;
  subscriptionId: string;
}

async function inAccount(
  act: (account: Account) => Promise<void>,
  options: EmulatorOptions = { dir: ':memory:' },
): Promise<void> {
  const emulator = await startEmulator(options);
  const target = emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8'));
  const manager = new ResourceManager(target);
  try {
    await act({ emulator, target, manager, subscriptionId: emulator.endpoints.subscriptionId });
  } finally {
    manager.close();
    await emulator.stop();
  }
}

/** Deletes what an emulator starts with. */
async function emptied({ manager, subscriptionId }: Account): Promise<void> {
  for (const { id, name } of await manager.listServices({ subscriptionId }))
    await manager.deleteService(scopeOf(id), name);
  for (const { id, name } of await manager.listHubs({ subscriptionId }))
    await manager.deleteHub(scopeOf(id), name);
  for (const { name } of await manager.listResourceGroups(subscriptionId))
    await manager.deleteResourceGroup({ subscriptionId, resourceGroup: name });
}

const resource = { location: 'westeurope', tags: { owner: 'me' } };
const codeOf = (error: unknown) => (error instanceof EnrollkitError ? error.code : error);

test('from an empty account to a registered device, and back to nothing', () =>
  inAccount(async (account) => {
    const { manager, subscriptionId, target } = account;
    await emptied(account);
    assert.deepEqual(await manager.listResourceGroups(subscriptionId), []);
    assert.deepEqual(await manager.listServices({ subscriptionId }), []);
    assert.deepEqual(await manager.listHubs({ subscriptionId }), []);
    assert.deepEqual(
      (await manager.listSubscriptions()).map((one) => one.subscriptionId),
      [subscriptionId],
    );

    const scope = { subscriptionId, resourceGroup: 'plant' };
    assert.equal(await manager.getResourceGroup(scope), undefined);
    const group = await manager.putResourceGroup(scope, resource);
    assert.deepEqual([group.name, group.location, group.tags], ['plant', 'westeurope', { owner: 'me' }]);
    assert.equal(await manager.serviceNameProblem(subscriptionId, 'plant-dps'), undefined);
    const made = await manager.createService(scope, 'plant-dps', resource);
    assert.equal(made.properties.state, 'Active');
    assert.deepEqual(made.tags, { owner: 'me' });
    const hub = await manager.createHub(scope, 'plant-hub', { ...resource, sku: 'S1' });
    assert.deepEqual(
      [hub.name, hub.location, hub.tags, hub.sku?.name],
      ['plant-hub', 'westeurope', { owner: 'me' }, 'S1'],
    );
    assert.ok(await manager.serviceNameProblem(subscriptionId, 'plant-dps'));
    assert.ok(await manager.hubNameProblem(subscriptionId, 'plant-hub'));
    await manager.linkHub(scope, 'plant-dps', hub);
    // A second time, nothing changes.
    const { properties, tags } = await manager.linkHub(scope, 'plant-dps', hub);
    assert.deepEqual(tags, { owner: 'me' });
    assert.deepEqual(
      properties.iotHubs!.map(({ name }) => name),
      [hub.properties.hostName],
    );
    assert.deepEqual(
      (await manager.listResources(scope)).map(({ type, name }) => [type, name]),
      [
        ['Microsoft.Devices/provisioningServices', 'plant-dps'],
        ['Microsoft.Devices/IotHubs', 'plant-hub'],
      ],
    );

    const plant = { ...target, ...scope, dpsName: 'plant-dps', service: 'from-arm' as const };
    const service = new ServicePlane({ ...plant, serviceHostName: properties.serviceOperationsHostName! });
    const { pem, privateKey } = await make('device', 'd-1');
    const attestation = {
      type: 'x509' as const,
      x509: { clientCertificates: { primary: { certificate: pem } } },
    };
    await service.createEnrollment({ registrationId: 'd-1', attestation });
    service.close();
    for (const protocol of ['mqtt', 'https'] as const) {
      const registered = await registerDevice({
        target: plant,
        idScope: properties.idScope!,
        registrationId: 'd-1',
        certificateChain: pem,
        privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
        protocol,
        signal: new AbortController().signal,
      });
      assert.equal(registered.assignedHub, hub.properties.hostName);
    }

    await manager.unlinkHub(scope, 'plant-dps', hub.properties.hostName!);
    assert.deepEqual((await manager.getService(scope, 'plant-dps'))!.properties.iotHubs, []);
    await manager.deleteHub(scope, 'plant-hub');
    await manager.deleteHub(scope, 'plant-hub');
    assert.equal(await manager.getHub(scope, 'plant-hub'), undefined);
    await manager.deleteService(scope, 'plant-dps');
    assert.deepEqual(await manager.listResources(scope), []);
    await manager.deleteResourceGroup(scope);
    await manager.deleteResourceGroup(scope);
    assert.deepEqual(await manager.listResourceGroups(subscriptionId), []);
  }));

test('an account with many services and hubs; deleting a resource group deletes what is in it', () =>
  inAccount(async ({ manager, subscriptionId }) => {
    const scope = { subscriptionId, resourceGroup: 'many' };
    await manager.putResourceGroup(scope, resource);
    for (const name of ['many-1', 'many-2', 'many-3']) {
      await manager.createService(scope, name, resource);
      await manager.createHub(scope, name, { ...resource, sku: 'F1' });
    }
    assert.equal((await manager.listServices({ subscriptionId })).length, 4);
    assert.equal((await manager.listServices(scope)).length, 3);
    assert.equal((await manager.listHubs(scope)).length, 3);
    await manager.deleteResourceGroup(scope);
    assert.equal((await manager.listServices({ subscriptionId })).length, 1);
    assert.equal((await manager.listHubs({ subscriptionId })).length, 1);
  }));

test('what cannot be created is refused with its code', () =>
  inAccount(async ({ manager, subscriptionId, emulator }) => {
    const scope = { subscriptionId, resourceGroup: emulator.endpoints.resourceGroup };
    const [hub] = await manager.listHubs(scope);
    const refused = async (act: Promise<unknown>, code: string) =>
      act.then(
        () => assert.fail(`it was not refused with ${code}`),
        (error) => assert.equal(codeOf(error), code),
      );
    await refused(manager.createHub(scope, hub!.name, { ...resource, sku: 'S1' }), 'CONFLICT');
    await refused(manager.createHub(scope, 'no_name', { ...resource, sku: 'S1' }), 'REFUSED');
    await refused(manager.createHub(scope, 'good', { ...resource, sku: 'X9' }), 'REFUSED');
    await refused(
      manager.createHub({ ...scope, resourceGroup: 'none' }, 'good', { ...resource, sku: 'S1' }),
      'NOT_FOUND',
    );
    await refused(manager.createService(scope, 'global', resource), 'REFUSED');
    await refused(manager.listHubs({ subscriptionId: '00000000-0000-0000-0000-000000000000' }), 'NOT_FOUND');
  }));

test('hubs that were created and deleted are so after a restart; the emulator is never without one then', () =>
  inTemporaryFolder(async (dir) => {
    await inAccount(
      async ({ manager, subscriptionId, emulator }) => {
        const scope = { subscriptionId, resourceGroup: emulator.endpoints.resourceGroup };
        const [first] = await manager.listHubs(scope);
        await manager.createHub(scope, 'Second', { ...resource, sku: 'S2' });
        await manager.deleteHub(scope, first!.name);
      },
      { dir },
    );
    await inAccount(
      async ({ manager, subscriptionId, emulator }) => {
        const scope = { subscriptionId, resourceGroup: emulator.endpoints.resourceGroup };
        const hubs = await manager.listHubs(scope);
        assert.deepEqual(
          hubs.map(({ name, tags, sku, location }) => [name, tags, sku!.name, location]),
          [['second', { owner: 'me' }, 'S2', 'westeurope']],
        );
        assert.equal(emulator.endpoints.hubs.length, 1);
        await manager.deleteHub(scope, 'second');
      },
      { dir },
    );
    await inAccount(
      async ({ manager, subscriptionId }) => {
        assert.equal((await manager.listHubs({ subscriptionId })).length, 1);
      },
      { dir },
    );
  }));

test.run();

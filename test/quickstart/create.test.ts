/** `--create`: from an account with nothing in it to a registered device, and back to nothing, on the emulator. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { ResourceManager, scopeOf } from '../../src/dps/client/resource-manager.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import type { Target } from '../../src/dps/client/target.js';
import { EnrollkitError } from '../../src/errors.js';
import { cleanRemote, planClean } from '../../src/quickstart/clean.js';
import { type FindOptions, findCreated, removeFound } from '../../src/quickstart/find-created.js';
import type { Plan } from '../../src/quickstart/plan/fields.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';

const names = { resourceGroup: 'plant', dpsName: 'plant-dps' };

interface Account extends World {
  manager: ResourceManager;
  subscriptionId: string;
  azure: Target;
  plan: Plan;
  clean(): ReturnType<typeof cleanRemote>;
  /** What there is in the account, by type and name. */
  everything(): Promise<string[]>;
}

/** A world whose account is empty, as a new subscription is. */
async function inEmptyAccount(act: (account: Account) => Promise<void>): Promise<void> {
  await inWorld(async (world) => {
    const { target, emulator, folder } = world;
    const manager = new ResourceManager(target);
    const { subscriptionId } = emulator.endpoints;
    const azure: Target = {
      ...target,
      ...names,
      kind: 'azure',
      service: 'from-arm',
      // Where the emulator has the first service that is created.
      serviceHostName: target.serviceHostName,
      hubConnectionStrings: [],
    };
    for (const { id, name } of await manager.listServices({ subscriptionId }))
      await manager.deleteService(scopeOf(id), name);
    for (const { id, name } of await manager.listHubs({ subscriptionId }))
      await manager.deleteHub(scopeOf(id), name);
    await manager.deleteResourceGroup({ subscriptionId, resourceGroup: emulator.endpoints.resourceGroup });
    const plan = planWith((one) => {
      one.target = { kind: 'azure', subscriptionId, ...names, create: true, location: 'westeurope' };
    });
    try {
      await act({
        ...world,
        manager,
        subscriptionId,
        azure,
        plan,
        clean: () =>
          cleanRemote({ folder, targetFor: async () => azure, signal: new AbortController().signal }),
        async everything() {
          const groups = await manager.listResourceGroups(subscriptionId);
          const services = await manager.listServices({ subscriptionId });
          const hubs = await manager.listHubs({ subscriptionId });
          return [...groups, ...services, ...hubs].map(({ id }) => id.split('/').slice(-2).join('/'));
        },
      });
    } finally {
      manager.close();
    }
  });
}

test('everything is created, tagged and used; a second run changes nothing; clean leaves nothing', () =>
  inEmptyAccount(
    async ({ run, azure, plan, manager, subscriptionId, everything, clean, folder, requests }) => {
      assert.deepEqual(await everything(), []);
      const result = await run(plan, { target: azure });
      assert.equal(result.devices[0]!.status, 'assigned');
      assert.deepEqual(await everything(), [
        'resourceGroups/plant',
        'provisioningServices/plant-dps',
        'IotHubs/plant-hub',
      ]);
      const scope = { subscriptionId, resourceGroup: 'plant' };
      const group = (await manager.getResourceGroup(scope))!;
      const tagged = [group, ...(await manager.listResources(scope))];
      for (const { tags } of tagged) {
        assert.equal(tags['created-by'], 'enrollkit');
        assert.equal(tags['enrollkit-run'], group.tags['enrollkit-run']);
      }
      assert.equal(tagged.length, 3);
      requests.length = 0;
      await run(plan, { target: azure });
      assert.deepEqual(
        requests.filter(({ plane, method }) => plane === 'arm' && method === 'PUT'),
        [],
      );
      const kinds = planClean(folder).remote.map(({ kind }) => kind);
      assert.deepEqual(kinds.slice(-5), [
        'hub-link',
        'iot-hub',
        'hub-device',
        'provisioning-service',
        'resource-group',
      ]);
      const cleaned = await clean();
      assert.deepEqual(cleaned.kept, []);
      assert.deepEqual(await everything(), []);
      assert.deepEqual(planClean(folder).remote, []);
    },
  ));

test('what existed before is used, and stays', () =>
  inEmptyAccount(async ({ run, azure, plan, manager, subscriptionId, everything, clean }) => {
    const scope = { subscriptionId, resourceGroup: 'plant' };
    await manager.putResourceGroup(scope, { location: 'northeurope', tags: { owner: 'me' } });
    await manager.createHub(scope, 'plant-hub', { location: 'northeurope', tags: {}, sku: 'S1' });
    const before = await everything();
    await run(plan, { target: azure });
    assert.equal((await manager.listServices(scope))[0]!.location, 'westeurope');
    assert.deepEqual(
      (await clean()).kept.map(({ thing }) => thing.kind),
      ['hub-device'],
    );
    assert.deepEqual(await everything(), before);
    assert.deepEqual((await manager.getResourceGroup(scope))!.tags, { owner: 'me' });
  }));

test('clean that ends right after a hub is gone is resumed: its devices are known to have gone with it', () =>
  inEmptyAccount(async ({ run, azure, plan, everything, clean, folder }) => {
    await run(plan, { target: azure });
    const controller = new AbortController();
    await assert.rejects(
      cleanRemote({
        folder,
        targetFor: async () => azure,
        signal: controller.signal,
        removed: ({ kind }) => kind === 'iot-hub' && controller.abort(),
      }),
    );
    assert.deepEqual((await clean()).kept, []);
    assert.deepEqual(await everything(), []);
  }));

test('clean keeps what only has the name of what was created, and a resource group with other resources', () =>
  inEmptyAccount(async ({ run, azure, plan, manager, subscriptionId, everything, clean }) => {
    const scope = { subscriptionId, resourceGroup: 'plant' };
    await run(plan, { target: azure });
    await manager.deleteHub(scope, 'plant-hub');
    await manager.createHub(scope, 'plant-hub', { location: 'westeurope', tags: {}, sku: 'S1' });
    const { kept } = await clean();
    assert.deepEqual(
      kept.map(({ thing }) => thing.kind).filter((kind) => kind !== 'hub-device'),
      ['iot-hub', 'resource-group'],
    );
    assert.deepEqual(await everything(), ['resourceGroups/plant', 'IotHubs/plant-hub']);
  }));

test('a name that is taken is refused before anything is created; so is a group without a region', () =>
  inEmptyAccount(async ({ run, azure, plan, everything, manager, subscriptionId }) => {
    const other = { subscriptionId, resourceGroup: 'other' };
    await manager.putResourceGroup(other, { location: 'westeurope', tags: {} });
    await manager.createHub(other, 'plant-hub', { location: 'westeurope', tags: {}, sku: 'S1' });
    const before = await everything();
    const refused = async (changed: Plan, code: string) =>
      assert.rejects(
        run(changed, { target: azure }),
        (error) => error instanceof EnrollkitError && error.code === code,
      );
    await refused(plan, 'CONFLICT');
    const { location: _, ...withoutRegion } = plan.target as any;
    await refused({ ...plan, target: withoutRegion }, 'NEEDS_INPUT');
    assert.deepEqual(await everything(), before);
  }));

test('without the folder, the Azure resources are found by their tags, and kept while others use them', () =>
  inEmptyAccount(async ({ run, azure, plan, manager, subscriptionId, everything, folder }) => {
    await run(plan, { target: azure });
    const signing = readFileSync(join(folder, 'ca', 'root', 'certificate.pem'), 'utf8');
    rmSync(folder, { recursive: true });
    // Tags of others, and a resource group whose name is like that of a run.
    const notOurs = { 'created-by': 'terraform', 'enrollkit-run': 'x' };
    await manager.putResourceGroup(
      { subscriptionId, resourceGroup: 'plant-2' },
      { location: 'westeurope', tags: notOurs },
    );
    const options: FindOptions = {
      manager,
      subscriptions: [subscriptionId],
      targetFor: (scope) => ({ ...azure, ...scope }),
      signal: new AbortController().signal,
    };
    const { runs, notSearched } = await findCreated(options);
    assert.deepEqual(notSearched, []);
    assert.equal(runs.length, 1);
    assert.deepEqual(
      runs[0]!.things.map(({ thing }) => thing.kind),
      [
        ...['hub-device', 'registration', 'enrollment-group', 'ca-certificate', 'iot-hub'],
        ...['provisioning-service', 'resource-group'],
      ],
    );

    const service = new ServicePlane(azure);
    await service.createEnrollmentGroup({
      enrollmentGroupId: 'someone-elses',
      attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: signing } } } },
    });
    const { kept } = await removeFound(runs, options);
    assert.deepEqual(
      kept.map(({ thing }) => thing.kind),
      ['provisioning-service', 'resource-group'],
    );
    assert.deepEqual(
      (await service.listEnrollmentGroups()).map(({ enrollmentGroupId }) => enrollmentGroupId),
      ['someone-elses'],
    );
    await service.deleteEnrollmentGroup('someone-elses');
    service.close();
    assert.deepEqual((await removeFound((await findCreated(options)).runs, options)).kept, []);
    assert.deepEqual(await everything(), ['resourceGroups/plant-2']);
    assert.deepEqual((await findCreated(options)).runs, []);
  }));

/** Requests at which a run is cut off, of some 25 with which it creates things: before they are sent, or after. */
const points = process.env.ENROLLKIT_ALL_POINTS
  ? Array.from({ length: 60 }, (_, index) => index)
  : [6, 11, 17, 22, 27, 33];

test('a run that is cut off at any request is resumed, or cleaned', () =>
  inEmptyAccount(async ({ run, azure, plan, everything, clean }) => {
    for (const point of points) {
      let count = 0;
      const controller = new AbortController();
      const cut = () => {
        controller.abort();
        return new Error('cut off');
      };
      const exchange: Target['exchange'] = async (request, send) => {
        if (request.plane !== 'arm') return send();
        const isLast = count === Math.floor(point / 2);
        count += 1;
        if (isLast && point % 2 === 0) throw cut();
        const reply = await send();
        if (isLast) throw cut();
        return reply;
      };
      let failed = false;
      await run(plan, { target: { ...azure, exchange }, signal: controller.signal }).catch(() => {
        failed = true;
      });
      assert.ok(failed || count <= point / 2, `point ${point}`);
      if (point % 3 === 0) {
        const resumed = await run(plan, { target: azure });
        assert.equal(resumed.devices[0]!.status, 'assigned', `point ${point}`);
      }
      assert.deepEqual((await clean()).kept, [], `point ${point}`);
      assert.deepEqual(await everything(), [], `point ${point}`);
    }
  }));

test.run();

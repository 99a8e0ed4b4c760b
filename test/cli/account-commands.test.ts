/** `dps` and `hub` commands on the emulator's Azure Resource Manager: an account with none, one and many services. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'uvu';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { inCommandWorld } from './running-emulator.js';

const namesOf = (resources: any[]) => resources.map(({ name }) => name);

test('from an empty account to a service with a linked hub, and back', () =>
  inCommandWorld(async ({ json, enrollkit }) => {
    assert.deepEqual(namesOf((await json(['dps', 'list'])).provisioningServices), ['enrollkit-dps']);
    await json(['dps', 'delete', 'enrollkit-dps', '--yes']);
    await json(['hub', 'delete', 'hub-1', '--yes']);
    assert.deepEqual((await json(['dps', 'list'])).provisioningServices, []);
    assert.deepEqual((await json(['hub', 'list'])).iotHubs, []);
    assert.equal((await json(['dps', 'show', 'enrollkit-dps'], 4)).code, 'DPS_NOT_FOUND');
    assert.match((await enrollkit('dps', 'list')).stdout, /\S/);

    const where = ['--resource-group', 'plant'];
    // A resource group that does not exist needs a region.
    assert.equal((await json(['dps', 'create', 'plant-dps', ...where], 8)).code, 'NEEDS_INPUT');
    assert.equal((await json(['dps', 'create', 'plant-dps'], 8)).code, 'NEEDS_INPUT');
    const made = await json([
      'dps',
      'create',
      'plant-dps',
      ...where,
      '--location',
      'westeurope',
      '--tag',
      'a=b=c',
    ]);
    assert.deepEqual(
      [made.name, made.location, made.tags, made.properties.state],
      ['plant-dps', 'westeurope', { a: 'b=c' }, 'Active'],
    );
    assert.match(made.properties.idScope, /^0ne/);
    assert.equal((await json(['dps', 'create', 'PLANT-dps', ...where], 4)).code, 'CONFLICT');
    const hub = await json(['hub', 'create', 'plant-hub', ...where]);
    assert.equal(hub.location, 'westeurope');
    assert.equal((await json(['hub', 'create', 'plant-hub', ...where], 4)).code, 'CONFLICT');
    const { hostName } = hub.properties;
    for (const _ of [1, 2]) {
      assert.deepEqual(await json(['hub', 'link', 'plant-hub', '--dps-name', 'plant-dps']), {
        dpsName: 'plant-dps',
        linkedHubs: [hostName],
      });
    }
    const [listed] = (await json(['hub', 'list'])).iotHubs;
    assert.deepEqual([listed.name, listed.linkedTo], ['plant-hub', ['plant-dps']]);
    assert.match((await enrollkit('hub', 'list')).stdout, /^plant-hub +plant +S1 +plant-dps /m);
    assert.match((await enrollkit('dps', 'show', 'plant-dps')).stdout, /^Linked hubs +\S/m);
    const unlink = ['hub', 'unlink', 'plant-hub', '--dps-name', 'plant-dps'];
    assert.equal((await json(unlink, 8)).code, 'NEEDS_INPUT');
    assert.deepEqual((await json([...unlink, '--yes'])).linkedHubs, []);
    assert.equal((await json([...unlink, '--yes'], 4)).code, 'HUB_NOT_LINKED');
    assert.deepEqual(await json(['hub', 'delete', 'plant-hub', '--yes']), { deleted: 'plant-hub' });
    assert.deepEqual(await json(['dps', 'delete', 'plant-dps', '--yes']), { deleted: 'plant-dps' });
    assert.deepEqual((await json(['dps', 'list'])).provisioningServices, []);
  }));

test('many services: listed, and told apart by resource group; bad input', () =>
  inCommandWorld(async ({ json, enrollkit }) => {
    for (const [name, group] of [
      ['a-1', 'group-a'],
      ['a-2', 'group-a'],
      ['b-1', 'group-b'],
    ])
      await json(['dps', 'create', name!, '--resource-group', group!, '--location', 'westeurope']);
    assert.equal((await json(['dps', 'list'])).provisioningServices.length, 4);
    const ofGroup = await json(['dps', 'list', '--resource-group', 'GROUP-A']);
    assert.deepEqual(namesOf(ofGroup.provisioningServices), ['a-1', 'a-2']);
    for (const line of (await enrollkit('dps', 'list')).stdout.split('\n'))
      assert.ok(line.length <= 80, line);
    assert.equal(
      (await json(['dps', 'show', 'b-1', '--resource-group', 'group-a'], 4)).code,
      'DPS_NOT_FOUND',
    );
    for (const [argv, status, code] of [
      [['dps', 'create', 'global', '--resource-group', 'group-a'], 2, 'USAGE'],
      [['dps', 'create', 'a_b', '--resource-group', 'group-a'], 2, 'USAGE'],
      [['dps', 'create', 'good', '--resource-group', 'group-a', '--tag', 'novalue'], 2, 'USAGE'],
      [['dps', 'delete', 'none', '--yes'], 4, 'DPS_NOT_FOUND'],
      [['dps', 'delete', 'a-1'], 8, 'NEEDS_INPUT'],
      [['dps', 'list', '--resource-group', 'none'], 4, 'NOT_FOUND'],
      [['dps', 'list', '--subscription', 'x'], 2, 'USAGE'],
      [['dps', 'list', '--subscription', '00000000-0000-0000-0000-000000000000'], 4, 'NOT_FOUND'],
      [['hub', 'create', 'h', '--resource-group', 'group-a'], 2, 'USAGE'],
      [['hub', 'create', 'hub-9', '--resource-group', 'group-a', '--sku', 'X1'], 2, 'USAGE'],
      [['hub', 'link', 'none'], 4, 'NOT_FOUND'],
      [['hub', 'link', '/subscriptions/x'], 2, 'USAGE'],
      [['hub', 'link', 'hub-1', '--dps-name', 'none'], 4, 'DPS_NOT_FOUND'],
      [['hub', 'unlink', 'none', '--yes'], 4, 'HUB_NOT_LINKED'],
      [['hub', 'delete', 'none', '--yes'], 4, 'NOT_FOUND'],
    ] as const) {
      const error = await json(argv, status);
      assert.equal(error.code, code, `${argv.join(' ')}: ${error.message}`);
    }
  }));

test('without an emulator, lists say so and create one only to create something in it', () =>
  inTemporaryFolder(async (top) => {
    const dir = ['--dir', join(top, 'certs'), '--json'];
    for (const command of [
      ['dps', 'list'],
      ['hub', 'list'],
      ['dps', 'delete', 'x-1', '--yes'],
    ]) {
      const { status, stdout } = await run([...command, ...dir]);
      assert.equal(status, 4);
      assert.equal(JSON.parse(stdout).error.code, 'NOT_FOUND');
    }
    const made = await run(['dps', 'create', 'new-dps', '--resource-group', 'enrollkit', ...dir]);
    assert.equal(made.status, 0, made.stdout);
    const listed = JSON.parse((await run(['dps', 'list', ...dir])).stdout);
    assert.deepEqual(namesOf(listed.provisioningServices).sort(), ['enrollkit-dps', 'new-dps']);
  }));

test.run();

/** What a run reports was read back: a journal and a registration record do not show what is in the hub. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import { HubService } from '../../src/dps/client/hub-service.js';
import { cleanRemote } from '../../src/quickstart/clean.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';

async function inHub(world: World, act: (hub: HubService) => Promise<void>, number = 0): Promise<void> {
  const hub = new HubService(world.target.hubConnectionStrings[number]!, world.target);
  try {
    await act(hub);
  } finally {
    hub.close();
  }
}

/** What the last run said of a step. */
function outcomeOf(world: World, step: string): { outcome: string; already: boolean } {
  const event = world.events.findLast((one) => one.type === 'step-done' && one.step === step);
  assert.ok(event?.type === 'step-done', step);
  return event;
}

const twoDevices = planWith((plan) => {
  plan.devices.registrationIds = ['device-001', 'device-002'];
});

test('after a reset of the emulator, a quickstart registers and sends again', () =>
  inWorld(async (world) => {
    await world.run();
    await world.emulator.reset();
    const again = await world.run();
    assert.equal(again.devices[0]!.status, 'assigned');
    assert.deepEqual(
      again.steps.filter(({ already }) => !already).map(({ id }) => id),
      [
        'prerequisites',
        'upload-ca',
        'proof-of-possession',
        'enrollment-group',
        'register-devices',
        'connect-devices',
      ],
    );
    assert.equal(outcomeOf(world, 'connect-devices').outcome, 'accepted, read');
    assert.equal(world.emulator.messages('device-001').length, 1);
    await inHub(world, async (hub) => assert.ok(await hub.getDevice('device-001')));
  }));

test('killed while a message was sent: the emulator is asked for it; elsewhere it is sent again with its ID', () =>
  inWorld(async (world) => {
    await world.run();
    const { journal } = layoutOf(world.folder);
    const whole = readFileSync(journal, 'utf8');
    const lines = whole.trimEnd().split('\n');
    const isSent = (line: string) => line.includes('"made"') && line.includes('"telemetry"');
    // The message is in the hub, and the journal does not say so yet.
    const killed = lines.filter((line) => !isSent(line)).map((line) => `${line}\n`);
    const sentIds = () =>
      world.emulator.messages('device-001').map(({ systemProperties }) => systemProperties.messageId);
    const [messageId] = sentIds();
    assert.match(messageId ?? '', /^[0-9a-f-]{36}$/);

    writeFileSync(journal, killed.join(''));
    const asked: string[] = [];
    const messageArrived = async (deviceId: string, id: string) => {
      asked.push(`${deviceId} ${id}`);
      return sentIds().includes(id);
    };
    await world.run(planWith(), { target: { ...world.target, messageArrived } });
    assert.deepEqual(asked, [`device-001 ${messageId}`]);
    assert.deepEqual(sentIds(), [messageId]);
    assert.equal(outcomeOf(world, 'connect-devices').outcome, 'accepted, read');

    writeFileSync(journal, killed.join(''));
    await world.run();
    assert.deepEqual(sentIds(), [messageId, messageId]);
    assert.match(outcomeOf(world, 'connect-devices').outcome, /1 possibly twice, with the same message ID/);
  }));

test('a device that was deleted in the hub is registered again, and it alone sends again', () =>
  inWorld(async (world) => {
    await world.run(twoDevices);
    await inHub(world, (hub) => hub.deleteDevice('device-002'));
    await world.run(twoDevices);
    assert.equal(outcomeOf(world, 'register-devices').already, false);
    await inHub(world, async (hub) => assert.ok(await hub.getDevice('device-002')));
    assert.equal(world.emulator.messages('device-001').length, 1);
    assert.match(outcomeOf(world, 'connect-devices').outcome, /^1 accepted, read; 1 .*not repeated$/);
  }));

test('what is not done again is said to be not repeated', () =>
  inWorld(async (world) => {
    await world.run();
    assert.equal(outcomeOf(world, 'connect-devices').outcome, 'accepted, read');
    await world.run();
    const { outcome, already } = outcomeOf(world, 'connect-devices');
    assert.ok(already);
    assert.match(outcome, /not repeated$/);
    assert.equal(world.emulator.messages('device-001').length, 1);
    assert.doesNotMatch(outcomeOf(world, 'register-devices').outcome, /not repeated/);
  }));

test('without access to the hub, a registration of an earlier run is said to be not repeated', () =>
  inWorld(async (world) => {
    const target = { ...world.target, hubConnectionStrings: [] };
    await world.run(planWith(), { target });
    assert.doesNotMatch(outcomeOf(world, 'register-devices').outcome, /not repeated/);
    await world.run(planWith(), { target });
    assert.match(outcomeOf(world, 'register-devices').outcome, /^assigned to .*not repeated$/);
    const [known] = world.target.hubConnectionStrings;
    const sharedAccessKey = Buffer.alloc(32, 1).toString('base64');
    const strange = { ...world.target, hubConnectionStrings: [{ ...known!, sharedAccessKey }] };
    await world.run(planWith(), { target: strange });
    assert.match(outcomeOf(world, 'register-devices').outcome, /not repeated$/);
  }));

test('an interruption between registering again and sending again leaves the message to the next run', () =>
  inWorld(async (world) => {
    await world.run();
    await world.emulator.reset();
    await world.run(
      planWith((plan) => {
        plan.devices.sendTelemetry = false;
      }),
    );
    await world.run();
    assert.equal(world.emulator.messages('device-001').length, 1);
  }));

test('devices are looked up, and cleaned, in the hub that each was assigned to', () =>
  inWorld(
    async (world) => {
      const plan = planWith((one) => {
        one.devices.registrationIds = ['device-001'];
        one.enrollmentGroup.iotHubs = [world.emulator.endpoints.hubs[1]!.hostName];
        one.enrollmentGroup.allocationPolicy = 'static';
      });
      await world.run(plan);
      await inHub(world, async (hub) => assert.ok(await hub.getDevice('device-001')), 1);
      await world.run(plan);
      assert.ok(outcomeOf(world, 'register-devices').already);
      const targetFor = async () => world.target;
      const signal = new AbortController().signal;
      assert.deepEqual((await cleanRemote({ folder: world.folder, targetFor, signal })).kept, []);
      await inHub(world, async (hub) => assert.equal(await hub.getDevice('device-001'), undefined), 1);
    },
    { hubs: ['hub-one', 'hub-two'] },
  ));

test.run();

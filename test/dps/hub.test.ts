/** A device at its hub, and the hub's operator, against the emulator. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { registerDevice } from '../../src/dps/client/device.js';
import { connectToHub } from '../../src/dps/client/hub-connection.js';
import { HubService } from '../../src/dps/client/hub-service.js';
import { makeChain } from '../support/chains.js';
import { deviceCredentials, failing, group, openWorld, verifyCa, type World } from './support.js';

const hub = suite('hub');
let world: World;

hub.before(async () => {
  world = await openWorld();
  const { control, service, chain, target } = world;
  await verifyCa(control, 'root', chain.root);
  await service.createEnrollmentGroup(group('devices', 'root'));
  const credentials = await deviceCredentials(chain);
  await registerDevice({
    target,
    idScope: target.idScope!,
    registrationId: 'device-001',
    ...credentials,
    protocol: 'https',
  });
});
hub.after(() => world.close());

async function connect(changes: Partial<Parameters<typeof connectToHub>[0]> = {}) {
  const { target, emulator, chain } = world;
  const base = { target, assignedHub: emulator.endpoints.hubHostName, deviceId: 'device-001' };
  return connectToHub({ ...base, ...(await deviceCredentials(chain)), ...changes });
}

hub(
  'an opened key that is not that of the certificate is found, also before another connection',
  async () => {
    const { privateKey } = (await makeChain()).device;
    await failing('KEY_MISMATCH', connect({ privateKey }));
    await failing('KEY_MISMATCH', connect({ privateKey }));
    const own = await connect({ privateKey: world.chain.device.privateKey });
    await own.close();
  },
);

hub('a device sends messages, reads its twin and changes what it reports', async () => {
  const connection = await connect();
  try {
    const [twin] = await Promise.all([
      connection.getTwin(),
      connection.sendTelemetry({ temperature: 21 }, { 'alert level': 'high & rising' }),
      connection.sendTelemetry('again'),
    ]);
    assert.equal(twin.desired.interval, 30);
    await connection.updateReported({ firmware: '1.0', nested: { a: 1 } });
    assert.deepEqual((await connection.getTwin()).reported.nested, { a: 1 });
    await connection.updateReported({ nested: null });
    const { reported } = await connection.getTwin();
    assert.equal(reported.firmware, '1.0');
    assert.equal('nested' in reported, false);
  } finally {
    await connection.close();
  }
  await failing('NETWORK', connection.getTwin());
  await connection.close();
});

hub('what was sent is told to the observer, properties encoded', async () => {
  const { events } = world;
  events.length = 0;
  const connection = await connect();
  await connection.sendTelemetry({}, { 'a b': 'ä&' });
  await connection.close();
  assert.equal(events.length, 1);
  assert.equal(events[0]!.method, 'PUBLISH');
  assert.match(
    events[0]!.url,
    /^mqtts:\/\/127\.0\.0\.1:\d+ devices\/device-001\/messages\/events\/.*a%20b=%C3%A4%26$/,
  );
});

hub('another certificate, and another device, are refused', async () => {
  const error = await failing('HUB_REFUSED', connect(await deviceCredentials(await makeChain())));
  assert.match(error.message, /device-001/);
  await failing('HUB_REFUSED', connect({ deviceId: 'device-002' }));
});

hub('a hub that is not there, not trusted, or left', async () => {
  const { root } = await makeChain();
  await failing('SERVER_NOT_TRUSTED', connect({ target: { ...world.target, trust: root.pem } }));
  await failing('NETWORK', connect({ assignedHub: 'localhost:1' }));
  const reason = new Error('enough');
  const controller = new AbortController();
  const connection = await connect({ signal: controller.signal });
  const asked = connection.getTwin();
  controller.abort(reason);
  await assert.rejects(asked, (error) => error === reason);
  await connection.close();
});

hub('a message that the hub does not take fails, and so does all that waits', async () => {
  const connection = await connect();
  try {
    const tooLarge = 'x'.repeat(300 * 1024);
    const sent = failing('NETWORK', connection.sendTelemetry(tooLarge));
    const waiting = failing('NETWORK', connection.getTwin());
    await Promise.all([sent, waiting]);
  } finally {
    await connection.close();
  }
});

hub('the operator reads and deletes devices; who is deleted is disconnected', async () => {
  const { target } = world;
  const service = new HubService(target.hubConnectionStrings[0]!, target);
  const connection = await connect();
  try {
    const device = (await service.getDevice('device-001'))!;
    assert.equal(device.status, 'enabled');
    await service.deleteDevice('device-001');
    assert.equal(await service.getDevice('device-001'), undefined);
    await service.deleteDevice('device-001');
    await failing('NETWORK', connection.getTwin());
    await failing('HUB_REFUSED', connect());
    const sharedAccessKey = Buffer.alloc(32, 1).toString('base64');
    const stranger = new HubService({ ...target.hubConnectionStrings[0]!, sharedAccessKey }, target);
    await failing('NO_CREDENTIALS', stranger.getDevice('device-001')).finally(() => stranger.close());
  } finally {
    await connection.close();
    service.close();
  }
});

hub.run();

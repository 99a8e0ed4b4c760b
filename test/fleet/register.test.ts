import assert from 'node:assert/strict';
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mock } from 'node:test';
import { test } from 'uvu';
import type { RequestEvent } from '../../src/dps/client/observer.js';
import { EnrollkitError, type ErrorCode, isAbort } from '../../src/errors.js';
import type { RegisterFleetResult } from '../../src/fleet/register-fleet.js';
import { Pace } from '../../src/fleet/registration/pace.js';
import { make } from '../support/chains.js';
import { waitsDuring } from '../support/waits.js';
import { createGroup, type FleetWorld, inFleetWorld, resultsOf } from './registration-support.js';

const fails = (code: ErrorCode, message: RegExp) => (error: unknown) =>
  error instanceof EnrollkitError && error.code === code && message.test(error.message);

for (const [format, protocol] of [
  ['dir', 'mqtt'],
  ['ndjson', 'https'],
  ['tar', 'https'],
] as const) {
  test(`a fleet as ${format} is registered over ${protocol}, once, with a line a device`, () =>
    inFleetWorld(async (world) => {
      await createGroup(world);
      const ids = ['s-1', 's-2', 's-3', 's-4', 's-5'];
      const out = await world.issue('f', '--count', '5', '--pattern', 's-{1..}', '--format', format);
      const result = await world.register(out, { protocol });
      assert.equal(result.assigned, 5);
      assert.equal(result.failed, 0);
      assert.equal(Object.values(result.hubs).join(), '5');
      assert.ok(result.latency!.p50 > 0 && result.latency!.p50 <= result.latency!.max);
      for (const id of ids) assert.equal((await world.service.getRegistration(id))?.status, 'assigned');
      const lines = resultsOf(`${out}.registrations.ndjson`);
      assert.deepEqual(lines.map(({ registrationId }) => registrationId).sort(), ids);
      for (const line of lines) {
        assert.equal(line.status, 'assigned');
        assert.equal(line.assignedHub, Object.keys(result.hubs)[0]);
        assert.equal(line.attempts, 1);
      }
      const before = world.events.length;
      const again = await world.register(out, { protocol });
      assert.deepEqual([again.before, again.assigned, again.failed], [5, 0, 0]);
      assert.equal(world.events.length, before);
    }));
}

test('messages are sent once; a device without one sends it later', () =>
  inFleetWorld(async (world) => {
    await createGroup(world);
    const out = await world.issue('f', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson');
    await world.register(out);
    const sent = () => ['s-1', 's-2', 's-3'].map((id) => world.emulator.messages(id).length);
    assert.deepEqual(sent(), [0, 0, 0]);
    await world.register(out, { telemetry: true });
    await world.register(out, { telemetry: true });
    assert.deepEqual(sent(), [1, 1, 1]);
    assert.ok(resultsOf(`${out}.registrations.ndjson`).every(({ telemetry }) => telemetry === true));
  }));

/** A world whose messages can be asked for, as those of an emulator that the command line opened. */
function messagesOf({ emulator, target }: FleetWorld, id: string) {
  const ids = () => emulator.messages(id).map(({ systemProperties }) => systemProperties.messageId);
  const messageArrived = async (deviceId: string, messageId: string) =>
    emulator.messages(deviceId).some(({ systemProperties }) => systemProperties.messageId === messageId);
  return { ids, target: { ...target, messageArrived } };
}

const isMessage = ({ plane, url }: RequestEvent) => plane === 'hub' && url.includes('/messages/events/');

test('killed after a message was sent, twice: it is asked for where possible, else sent with the same ID', () =>
  inFleetWorld(async (world) => {
    await createGroup(world);
    const out = await world.issue('f', '--count', '1', '--pattern', 's-{1..}', '--format', 'ndjson');
    const { ids, target } = messagesOf(world, 's-1');
    const results = (name: string) => join(world.folder, name);
    const copy = (from: string, to: string) => {
      for (const end of ['', '.lock']) cpSync(results(from + end), results(to + end), { recursive: true });
    };
    const telemetry = true;
    await world.register(out, {
      results: results('first'),
      telemetry,
      target: { ...target, onRequest: (event) => isMessage(event) && copy('first', 'killed') },
    });
    assert.equal(ids().length, 1);
    assert.ok(!existsSync(results('first.lock')));
    // Killed again, as soon as it begins.
    await world.register(out, {
      results: results('killed'),
      telemetry,
      target: { ...target, onRequest: () => existsSync(results('again')) || copy('killed', 'again') },
    });
    copy('again', 'in-azure');
    const asked = await world.register(out, { results: results('again'), telemetry, target });
    assert.deepEqual([asked.assigned, asked.sentAgain, ids().length], [1, 0, 1]);
    const [line, ...more] = resultsOf(results('again'));
    assert.deepEqual([line.telemetry, line.messageId, more.length], [true, ids()[0], 0]);
    assert.ok(!existsSync(results('again.lock')));

    const repeated = await world.register(out, { results: results('in-azure'), telemetry });
    assert.deepEqual([repeated.sentAgain, ids()], [1, [ids()[0], ids()[0]]]);
  }));

test('a message whose acknowledgment was lost is not sent again, in the same run or the next', () =>
  inFleetWorld(async (world) => {
    await createGroup(world);
    const out = await world.issue('f', '--count', '1', '--pattern', 's-{1..}', '--format', 'ndjson');
    const { ids, target } = messagesOf(world, 's-1');
    const results = `${out}.registrations.ndjson`;
    const lost = {
      id: 'lost',
      match: { operation: 'sendMessage' },
      fault: { type: 'reset', effect: 'after' },
    } as const;
    world.emulator.faults.set({ rules: [{ ...lost, when: { count: 1 } }] });
    const retried = await world.register(out, { telemetry: true, target });
    assert.deepEqual([retried.assigned, retried.sentAgain, ids().length], [1, 0, 1]);

    // Interrupted while it waits for the acknowledgment.
    rmSync(results);
    const interrupt = new AbortController();
    world.emulator.faults.set({ rules: [lost] });
    const onRequest = (event: RequestEvent) =>
      isMessage(event) && interrupt.abort(new DOMException('Ctrl-C', 'AbortError'));
    const run = world.register(out, {
      telemetry: true,
      target: { ...target, onRequest },
      signal: interrupt.signal,
    });
    await assert.rejects(run, isAbort);
    assert.equal(ids().length, 2);
    const [line] = resultsOf(results);
    assert.deepEqual([line.status, line.telemetry, line.messageId], ['assigned', false, ids()[1]]);
    assert.ok(!existsSync(`${results}.lock`));

    // Interrupted before it asks.
    const early = world.register(out, { telemetry: true, target, signal: AbortSignal.abort() });
    await assert.rejects(early, isAbort);
    assert.deepEqual(resultsOf(results), [line]);

    const last = await world.register(out, { telemetry: true, target });
    assert.deepEqual([last.assigned, last.sentAgain, ids().length], [1, 0, 2]);
    assert.deepEqual(
      resultsOf(results).map(({ telemetry }) => telemetry),
      [true],
    );
  }));

test('devices that are refused have their reason, and are tried again by the next run', () =>
  inFleetWorld(async (world) => {
    const out = await world.issue('f', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson');
    const refused = await world.register(out);
    assert.deepEqual([refused.assigned, refused.failed], [0, 3]);
    assert.equal(refused.latency, undefined);
    const [failure] = refused.failures;
    assert.equal(failure!.code, 'DEVICE_NOT_AUTHORIZED');
    assert.equal(failure!.errorCode, 401002);
    assert.equal(failure!.count, 3);
    const [line] = resultsOf(`${out}.registrations.ndjson`);
    assert.equal(line.status, 'failed');
    assert.equal(line.error.errorCode, 401002);
    assert.match(line.error.message, /s-\d/);
    await createGroup(world);
    const result = await world.register(out);
    assert.deepEqual([result.before, result.assigned, result.failed], [0, 3, 0]);
    assert.equal(resultsOf(`${out}.registrations.ndjson`).length, 3);
  }));

test('a line that a killed run has cut off is no line; one in the middle is told with its number', () =>
  inFleetWorld(async (world) => {
    await createGroup(world);
    const out = await world.issue('f', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson');
    const results = `${out}.registrations.ndjson`;
    await world.register(out);
    const [first, second] = readFileSync(results, 'utf8').split('\n') as [string, string];
    writeFileSync(results, `${first}\n${second.slice(0, 40)}`);
    const result = await world.register(out);
    assert.deepEqual([result.before, result.assigned], [1, 2]);
    assert.deepEqual(new Set(resultsOf(results).map(({ registrationId }) => registrationId)).size, 3);
    writeFileSync(results, `${first}\nnonsense\n${first}\n`);
    await assert.rejects(world.register(out), fails('FILE_UNREADABLE', /registrations\.ndjson, line 2/));
    assert.equal(readFileSync(results, 'utf8'), `${first}\nnonsense\n${first}\n`);
  }));

test('only results of this fleet at this DPS count as done', () =>
  inFleetWorld(async (world) => {
    await createGroup(world);
    const issue = () =>
      world.issue('f', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson', '--manifest', 'f.csv');
    const files = { out: await issue(), manifest: join(world.folder, 'f.csv') };
    const results = `${files.out}.registrations.ndjson`;
    const counts = async () => {
      const { before, assigned, failed } = await world.register(files.out, { files });
      assert.deepEqual(
        resultsOf(results)
          .map(({ registrationId }) => registrationId)
          .sort(),
        ['s-1', 's-2', 's-3'],
      );
      return [before, assigned, failed];
    };
    assert.deepEqual(await counts(), [0, 3, 0]);
    assert.deepEqual(await counts(), [3, 0, 0]);
    const [line] = resultsOf(results);
    appendFileSync(
      results,
      `${JSON.stringify({ ...line, registrationId: 't-1', sha256Thumbprint: 'AA' })}\n`,
    );
    assert.deepEqual(await counts(), [3, 0, 0], 'a device of another fleet');
    for (const foreign of [{ idScope: '0ne0000FFFF' }, { idScope: undefined }]) {
      const lines = resultsOf(results).map((one) => JSON.stringify({ ...one, ...foreign }));
      writeFileSync(results, `${lines.join('\n')}\n`);
      assert.deepEqual(await counts(), [0, 3, 0], 'at another DPS, or at one that is not known');
    }
    rmSync(files.out);
    rmSync(files.manifest);
    await issue();
    assert.deepEqual(await counts(), [0, 3, 0], 'the same IDs with other certificates');
  }));

test('an interrupted run keeps what is done', () =>
  inFleetWorld(async (world) => {
    await createGroup(world);
    const out = await world.issue('f', '--count', '12', '--pattern', 's-{01..}', '--format', 'ndjson');
    const interrupt = new AbortController();
    const run = world.register(out, {
      concurrency: 2,
      signal: interrupt.signal,
      onProgress: ({ assigned }) => {
        if (assigned === 4) interrupt.abort(new DOMException('Ctrl-C', 'AbortError'));
      },
    });
    await assert.rejects(run, isAbort);
    const done = resultsOf(`${out}.registrations.ndjson`).length;
    assert.ok(done >= 4 && done < 12, String(done));
    const result = await world.register(out);
    assert.deepEqual([result.before, result.assigned], [done, 12 - done]);
  }));

test('429 and Retry-After hold everybody up, and nobody fails', () =>
  inFleetWorld(async (world) => {
    const dps = await throttlingDps();
    try {
      const out = await world.issue('f', '--count', '8', '--pattern', 's-{1..}', '--format', 'ndjson');
      const target = { ...world.target, globalDeviceEndpoint: dps.host, trust: dps.trust };
      const pauses = mock.method(Pace.prototype, 'pause');
      let result: RegisterFleetResult | undefined;
      const waits = await waitsDuring(async () => {
        result = await world.register(out, { target, concurrency: 3 });
      });
      const { assigned, failed, throttled } = result!;
      assert.deepEqual([assigned, failed], [8, 0]);
      assert.ok(throttled >= 1 && throttled <= 3, String(throttled));
      // Each device that is refused waits as long as it was told, or a little longer, and holds up all others as long.
      const held = pauses.mock.calls.map((call) => call.arguments[0] as number);
      assert.equal(held.length, dps.refused);
      for (const ms of held) {
        assert.ok(ms >= 300 && ms <= 375, String(ms));
        assert.ok(waits.includes(ms), `${ms} is none of ${waits}`);
      }
      const lines = resultsOf(`${out}.registrations.ndjson`).filter((line) => line.throttled > 0);
      assert.equal(lines.length, throttled);
    } finally {
      mock.restoreAll();
      dps.close();
    }
  }));

test('files that do not belong together, or are no fleet, are told', () =>
  inFleetWorld(async (world) => {
    const out = await world.issue('f', '--count', '2', '--pattern', 's-{1..}', '--format', 'ndjson');
    const other = await world.issue('g', '--count', '2', '--pattern', 't-{1..}', '--format', 'tar');
    const register = (path: string, manifest: string) =>
      world.register(path, { files: { out: path, manifest } });
    const swapped = fails('FILE_UNREADABLE', /\bs-1\b.*\bt-1\b/);
    await assert.rejects(register(out, `${other}.manifest.csv`), swapped);
    const lacking = await world.issue('h', '--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson');
    await assert.rejects(register(out, `${lacking}.manifest.csv`), fails('FILE_UNREADABLE', /\bs-3\b/));
    await assert.rejects(
      register(`${out}.manifest.csv`, `${out}.manifest.csv`),
      fails('FILE_UNREADABLE', /f\.manifest\.csv/),
    );
    await assert.rejects(register(out, out), fails('FILE_UNREADABLE', /\bf\b/));
    appendFileSync(`${out}.manifest.csv`, '-bad,1,2,3,4,5,6\n');
    await assert.rejects(world.register(out), fails('INVALID_REGISTRATION_ID', /line 4/));
    rmSync(out);
    await assert.rejects(world.register(out), fails('FILE_UNREADABLE', /\bf\b/));
  }));

/** A device plane that takes nothing at first, then everybody. */
async function throttlingDps() {
  const authority = await make('root', 'Throttling Root');
  const server = await make('server', 'localhost', authority, {
    subjectAlternativeNames: [{ kind: 'DNS', value: 'localhost' }],
  } as never);
  const refused = 3;
  let refusals = refused;
  const https = createServer(
    {
      key: server.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      cert: server.pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      request.resume();
      if (refusals > 0) {
        refusals -= 1;
        response.writeHead(429, { 'retry-after': '0.3' }).end('{"errorCode":429001,"message":"slow down"}');
        return;
      }
      const registrationId = request.url!.split('/')[3];
      const registrationState = {
        registrationId,
        status: 'assigned',
        assignedHub: 'hub',
        deviceId: registrationId,
      };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ operationId: '4', status: 'assigned', registrationState }));
    },
  );
  await new Promise<void>((ready) => https.listen(0, ready));
  return {
    host: `localhost:${(https.address() as AddressInfo).port}`,
    trust: authority.pem,
    /** The first requests, which are answered 429. */
    refused,
    close: () => {
      https.closeAllConnections();
      https.close();
    },
  };
}

test.run();

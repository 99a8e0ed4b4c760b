/** Runs that were not the first in their folder, or that a person ended or took part in: each replays without a difference. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { ControlPlane } from '../../src/dps/client/arm.js';
import type { Target } from '../../src/dps/client/target.js';
import { EnrollkitError } from '../../src/errors.js';
import type { Difference } from '../../src/quickstart/recording/compare.js';
import type { Recording } from '../../src/quickstart/recording/schema.js';
import type { QuickstartOptions } from '../../src/quickstart/run.js';
import { run as command } from '../cli/in-process.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';

type Mode = 'online' | 'offline';

let replays = 0;

async function differencesOf(recording: string, mode: Mode, more: string[] = []) {
  const dir = join(dirname(recording), `../../../replay-${replays++}`);
  const offline = mode === 'offline' ? ['--offline'] : [];
  const line = ['replay', recording, '--dir', dir, '--check', '--json', ...offline, ...more];
  const { status, stdout, stderr } = await command(line);
  assert.ok(stdout !== '', stderr);
  const { differences } = JSON.parse(stdout) as { differences: Difference[] };
  return { status, differences };
}

async function assertReplays(recording: string, modes: Mode[] = ['online', 'offline'], more: string[] = []) {
  for (const mode of modes) {
    const { status, differences } = await differencesOf(recording, mode, more);
    assert.deepEqual(differences, [], `${mode} ${recording}`);
    assert.equal(status, 0);
  }
}

/** The recording of a run, however it ends. */
async function record(
  { run }: World,
  plan = planWith(),
  options: Partial<QuickstartOptions> = {},
): Promise<string> {
  return run(plan, options).then(
    ({ recording }) => recording,
    (error: EnrollkitError) => String(error.context.recording),
  );
}

const read = (path: string): Recording => JSON.parse(readFileSync(path, 'utf8'));

test('a second run that finds everything done, also with other names; a changed value is still shown', async () => {
  await inWorld(async (world) => {
    await record(world);
    const second = await record(world);
    assert.equal(read(second).steps.filter(({ status }) => status === 'already').length, 7);
    await assertReplays(second);
    await assertReplays(second, ['offline'], ['--name-prefix', 'anna-']);
    const recording = read(second);
    (recording.steps[4]!.requests[0]!.answer!.body as any).allocationPolicy = 'static';
    const changed = join(dirname(second), 'changed.json');
    writeFileSync(changed, JSON.stringify(recording));
    const { status, differences } = await differencesOf(changed, 'online');
    assert.equal(status, 13);
    assert.deepEqual(
      differences.map(({ step, path, recorded, now }) => [step, path, recorded, now]),
      [['enrollment-group', 'answer.body.allocationPolicy', 'static', 'hashed']],
    );
  });
});

/** A target that a person interrupts while the first request that matches is on its way. */
function interruptedAt(target: Target, matches: RegExp, controller: AbortController): Target {
  return {
    ...target,
    async exchange({ method, url }, send) {
      const reply = await send();
      if (matches.test(`${method} ${url}`)) controller.abort();
      return reply;
    },
  };
}

test('an interrupted run is compared up to that point, and the run that resumes it replays', async () => {
  const plan = planWith(({ devices }) => {
    devices.registrationIds = ['device-001', 'device-002'];
  });
  const places: [matches: RegExp, sees: boolean][] = [
    [/PUBLISH .*iotdps-register/, true],
    [/PUBLISH .*messages.events/, true],
    [/PUBLISH .*messages.events/, false],
  ];
  for (const [matches, canSeeMessages] of places) {
    await inWorld(async (world) => {
      const controller = new AbortController();
      const target = canSeeMessages ? { ...world.target, messageArrived: async () => true } : world.target;
      const interrupted = await record(world, plan, {
        target: interruptedAt(target, matches, controller),
        signal: controller.signal,
      });
      assert.equal(read(interrupted).outcome, 'interrupted');
      await assertReplays(interrupted, ['offline']);
      const resumed = await record(world, plan, { target });
      assert.equal(read(resumed).outcome, 'done');
      await assertReplays(resumed, ['offline']);
    });
  }
});

test('a run over AMQP', async () => {
  await inWorld(async (world) => {
    const recording = await record(
      world,
      planWith(({ devices }) => {
        devices.protocol = 'amqp';
      }),
    );
    const sent = read(recording).steps.flatMap(({ requests }) =>
      requests.filter(({ method }) => method === 'SEND'),
    );
    assert.match(sent[0]!.url, /^amqps:\/\/localhost:\d+ 0ne\w+\/registrations\/device-001 iotdps-register$/);
    await assertReplays(recording);
    await assertReplays(recording, ['offline'], ['--name-prefix', 'anna-']);
  });
});

test('a run with a changed plan, in the folder of another run', async () => {
  await inWorld(async (world) => {
    await record(world);
    const changed = planWith(({ devices, enrollmentGroup }) => {
      devices.registrationIds.push('device-002');
      enrollmentGroup.allocationPolicy = 'geoLatency';
      enrollmentGroup.initialTwin = { tags: { site: 'A' } };
    });
    await assertReplays(await record(world, changed));
  });
});

test('proof of possession in the portal: what a person answered is recorded, and answered again', async () => {
  await inWorld(async (world) => {
    const plan = planWith(({ certificateAuthority }) => {
      certificateAuthority.proofOfPossession = 'portal';
    });
    const control = new ControlPlane(world.target);
    let isVerified = false;
    const portal: QuickstartOptions['portal'] = {
      async askVerificationCode({ certificateName, certificatePath }) {
        await control.putCertificate(certificateName, readFileSync(certificatePath, 'utf8'));
        return (await control.generateVerificationCode(certificateName, '*')).code;
      },
      async confirmVerified({ certificateName, verificationCertificatePath }) {
        if (!isVerified) throw new EnrollkitError('PROOF_OF_POSSESSION_PENDING', 'It is not.');
        const answer = readFileSync(verificationCertificatePath, 'utf8');
        await control.verifyCertificate(certificateName, '*', answer);
      },
    };
    await assertReplays(await record(world, plan, { verificationCode: 'short' }), ['offline']);
    const refused = await record(world, plan, { portal });
    const [code, verified] = read(refused).steps.at(-1)!.answers!;
    assert.match(code!.answer, /^[0-9A-F]{48}$/);
    assert.deepEqual(verified, { question: 'verified', by: 'person', answer: 'no' });
    await assertReplays(refused, ['offline']);
    // Now without a person, as in a script: the verification certificate is there to be uploaded.
    await assertReplays(await record(world, plan), ['offline']);
    isVerified = true;
    await assertReplays(await record(world, plan, { portal }));
    control.close();
  });
});

test('credentials of Microsoft Entra that are missing are recorded without the token, and missing again', async () => {
  await inWorld(async (world) => {
    const { token } = (await world.target.armCredential.getToken(''))!;
    const targetWith = (given: string | undefined): Target => ({
      ...world.target,
      kind: 'azure',
      armCredential: {
        async getToken() {
          if (given === undefined) throw new EnrollkitError('NO_CREDENTIALS', 'There are none.');
          return { token: given, expiresOnTimestamp: Date.now() + 3_600_000 };
        },
      },
    });
    const { dpsName, subscriptionId, resourceGroup } = world.target;
    const plan = planWith((one) => {
      one.target = { kind: 'azure', dpsName, subscriptionId, resourceGroup };
    });
    const missing = await record(world, plan, { target: targetWith(undefined) });
    const [request] = read(missing).steps[0]!.requests;
    assert.deepEqual([request?.plane, request?.failure?.code], ['entra', 'NO_CREDENTIALS']);
    await assertReplays(missing, ['offline']);
    const done = await record(world, plan, { target: targetWith(token) });
    assert.equal(read(done).outcome, 'done');
    assert.equal(readFileSync(done, 'utf8').includes(token), false);
    // In Azure, it has another name.
    writeFileSync(done, readFileSync(done, 'utf8').replaceAll(dpsName, 'contoso-dps'));
    await assertReplays(done);
  });
});

test.run();

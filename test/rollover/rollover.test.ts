/** Roll-overs that are cut off, or that may not ask Azure Resource Manager; what `clean` takes of them. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { test } from 'uvu';
import { ControlPlane } from '../../src/dps/client/arm.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import type { Target } from '../../src/dps/client/target.js';
import { type EnrollkitError, isAbort } from '../../src/errors.js';
import { parseCertificates, sha256Thumbprint } from '../../src/pki/x509/certificate.js';
import { cleanLocal, cleanRemote } from '../../src/quickstart/clean.js';
import {
  finishRollover,
  reissueBelow,
  type StartOptions,
  startRollover,
} from '../../src/rollover/rollover.js';
import { Journal } from '../../src/workspace/journal.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { fails } from '../support/fails.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';
import { rolloverOptions } from './options.js';

const plan = planWith((change) => {
  change.devices.sendTelemetry = false;
});

const optionsOf = (world: World, more: Partial<StartOptions> = {}) =>
  rolloverOptions(world, { groups: ['enrollkit-devices'], ...more });

/** What comes back is what the tests look into. */
async function x509Of(target: Target): Promise<any> {
  const service = new ServicePlane(target);
  try {
    return (await service.getEnrollmentGroup('enrollkit-devices'))!.attestation.x509!;
  } finally {
    service.close();
  }
}

/** Runs a phase again and again, cut off one request later each time, until it comes through. */
async function cutOffEverywhere(
  world: World,
  phase: (options: ReturnType<typeof optionsOf>) => Promise<unknown>,
): Promise<number> {
  for (let allowed = 0; ; allowed += 1) {
    assert.ok(allowed < 60, 'it never comes through');
    const controller = new AbortController();
    let seen = 0;
    const target: Target = {
      ...world.target,
      onRequest() {
        seen += 1;
        if (seen > allowed) controller.abort();
      },
    };
    try {
      await phase(optionsOf(world, { target, signal: controller.signal }));
      return allowed;
    } catch (error) {
      if (!controller.signal.aborted || !isAbort(error)) throw error;
    }
  }
}

test('cut off after any request, each phase comes through when it is run again, with one successor', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const cutOff = await cutOffEverywhere(world, startRollover);
    assert.ok(cutOff > 5, `cut off ${cutOff} times`);
    const [certificate] = parseCertificates(readFileSync(layoutOf(world.folder).root.certificate));
    const name = `enrollkit-root-${sha256Thumbprint(certificate!).slice(0, 8)}`;
    assert.deepEqual((await x509Of(world.target)).caReferences, {
      primary: name,
      secondary: 'enrollkit-root',
    });
    const control = new ControlPlane(world.target);
    const names = async () => (await control.listCertificates()).map((one) => one.name).sort();
    assert.deepEqual(await names(), ['enrollkit-root', name]);
    await reissueBelow({ ...optionsOf(world), newKey: false });
    assert.ok((await cutOffEverywhere(world, (options) => finishRollover({ ...options, force: false }))) > 3);
    assert.deepEqual(await names(), [name]);
    control.close();
    assert.deepEqual((await x509Of(world.target)).caReferences, { primary: name });
    await world.run(
      planWith((change) => {
        change.devices.sendTelemetry = false;
        change.certificateAuthority.name = name;
      }),
    );
  }));

test('without rights on Azure Resource Manager: a group that holds the certificate, and no group by reference', () =>
  inWorld(async (world) => {
    await world.run(
      planWith((change) => {
        change.devices.sendTelemetry = false;
        change.enrollmentGroup.attestation = 'certificate';
      }),
    );
    const target: Target = { ...world.target, subscriptionId: undefined };
    const options = optionsOf(world, { target, authority: 'intermediate' });
    const root = layoutOf(world.folder).root;
    const signer = () => ({
      pem: readFileSync(root.certificate, 'utf8'),
      chainPem: readFileSync(root.chain, 'utf8'),
      privateKey: createPrivateKey(readFileSync(root.key)),
    });
    const started = await startRollover({ ...options, signer });
    assert.equal(started.enrollmentGroups[0]!.holds, 'both');
    assert.match(started.notes.join(), /upload the new one in the portal too/);
    await reissueBelow({ ...options, newKey: false });
    const finished = await finishRollover({ ...options, force: false });
    assert.equal(finished.enrollmentGroups[0]!.holds, 'new');
    assert.match(finished.notes.join(), /delete it in the portal/);
    assert.deepEqual(
      (await x509Of(world.target)).signingCertificates.primary.info.sha256Thumbprint,
      started.authorities[0]!.new.sha256Thumbprint,
    );
  }).then(() =>
    inWorld(async (world) => {
      await world.run(plan);
      const target: Target = { ...world.target, subscriptionId: undefined };
      await assert.rejects(
        startRollover(optionsOf(world, { target })),
        (error: EnrollkitError) => error.code === 'FORBIDDEN',
      );
      assert.equal((await x509Of(world.target)).caReferences.secondary, undefined);
    }),
  ));

test('a run does not go on with a device of the old CA, though the new one has its name', () =>
  inWorld(async (world) => {
    await world.run(plan);
    await startRollover(optionsOf(world));
    await finishRollover({ ...optionsOf(world), force: true });
    const again = planWith((change) => {
      change.devices.sendTelemetry = false;
    });
    await assert.rejects(world.run(again), fails('FILE_EXISTS', /device-001/));
    await reissueBelow({ ...optionsOf(world), newKey: false });
    await world.run(again);
  }));

test('a CA that no run made leaves the folder by no clean, and neither does its successor', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const { folder } = world;
    // As it is where a company's root was put there by hand.
    const { journal: path, root } = layoutOf(folder);
    const journal = Journal.open(path, () => new Date());
    for (const name of ['key', 'chain', 'certificate']) {
      journal.removed({ kind: 'file', path: `ca/root/${name}.pem` });
    }
    const options = optionsOf(world);
    const { authorities } = await startRollover(options);
    await reissueBelow({ ...options, newKey: true });
    await finishRollover({ ...options, force: false });
    const { kept } = await cleanRemote({
      folder,
      targetFor: async () => world.target,
      signal: options.signal,
    });
    assert.deepEqual(kept, []);
    cleanLocal(folder);
    for (const at of [root.folder, authorities[0]!.old.folder]) {
      assert.deepEqual(readdirSync(at).sort(), ['certificate.pem', 'chain.pem', 'key.pem']);
    }
    assert.deepEqual(readdirSync(folder), ['ca']);
    assert.ok(!existsSync(authorities[1]!.old.folder), 'the intermediate was a run’s own');
    rmSync(folder, { recursive: true });
  }));

test.run();

/** Commands that tell what is at the service, and not what was sent. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { ControlPlane } from '../../src/dps/client/arm.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

/** Has a method answer for another request than the one that was sent. */
async function answering<Class extends object, Name extends keyof Class>(
  prototype: Class,
  name: Name,
  instead: (send: Class[Name]) => Class[Name],
  act: () => Promise<void>,
): Promise<void> {
  const original = prototype[name];
  prototype[name] = instead(original);
  try {
    await act();
  } finally {
    prototype[name] = original;
  }
}

test('ca upload: another certificate under the name is no success', () =>
  inTemporaryFolder(async (folder) => {
    const [ca, other] = [await make('root', 'Wanted'), await make('root', 'Other')];
    const file = join(folder, 'ca.pem');
    writeFileSync(file, ca.pem);
    const upload = () => run(['ca', 'upload', file, '--dir', join(folder, 'certs'), '--json']);
    await answering(
      ControlPlane.prototype,
      'putCertificate',
      (send) =>
        function (this: ControlPlane, name, _certificate, options) {
          return send.call(this, name, other.pem, options);
        },
      async () => {
        const ended = await upload();
        assert.equal(ended.status, 4, ended.stdout);
        assert.equal(JSON.parse(ended.stdout).error.code, 'NOT_READ_BACK');
      },
    );
    assert.equal(JSON.parse((await upload()).stdout).error.code, 'CONFLICT');
  }));

test('group create: a group that is not as it was asked for is no success', () =>
  inTemporaryFolder(async (folder) => {
    const ca = await make('root', 'Group CA');
    const file = join(folder, 'ca.pem');
    writeFileSync(file, ca.pem);
    await answering(
      ServicePlane.prototype,
      'createEnrollmentGroup',
      (send) =>
        function (this: ServicePlane, group, options) {
          return send.call(this, { ...group, provisioningStatus: 'disabled' }, options);
        },
      async () => {
        const create = ['group', 'create', 'g', '--certificate', file, '--dir', join(folder, 'certs')];
        const ended = await run([...create, '--json']);
        assert.equal(ended.status, 4, ended.stdout);
        const { error } = JSON.parse(ended.stdout);
        assert.equal(error.code, 'NOT_READ_BACK');
        assert.match(error.message, /provisioningStatus/);
      },
    );
  }));

test.run();

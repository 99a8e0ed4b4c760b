/** The wizard after a run that failed: answers are kept, and one of them is changed. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import type { Context } from '../../src/cli/kernel/command.js';
import { Output } from '../../src/cli/kernel/output.js';
import { askQuickstart } from '../../src/cli/quickstart/ask-quickstart.js';
import { EnrollkitError, exitStatus } from '../../src/errors.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type Script, scriptedAsker } from './scripted-asker.js';
import { noAccount } from './wizard-support.js';

async function wizard(folder: string, script: Script) {
  let written = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  const output = new Output({
    stdout: sink,
    stderr: sink,
    env: {},
    json: false,
    verbose: false,
    color: false,
  });
  const context: Context = {
    output,
    env: {},
    signal: new AbortController().signal,
    stop: (error) => assert.fail(error),
    now: () => new Date(),
    interactive: false,
    runCommand: () => assert.fail('no other command'),
  };
  const scripted = scriptedAsker(script);
  const flags = { dir: folder } as Parameters<typeof askQuickstart>[0]['flags'];
  const options = { flags, folder, passphrase: undefined, ca: undefined, devices: undefined };
  const status = await askQuickstart(options, context, scripted.asker, noAccount);
  return { status, written, ...scripted };
}

const hubs = 'enrollmentGroup.iotHubs';
const wrongHub: Script = { 'devices.count': '1', 'quickstart.more': true, 'devices.sendTelemetry': false };

test('after a failed run, one answer is changed, all others are kept, and the run goes on', () =>
  inTemporaryFolder(async (folder) => {
    const { status, asked, written } = await wizard(folder, {
      ...wrongHub,
      [hubs]: ['nowhere.example', 'all'],
      'quickstart.failed': ['again', 'change'],
      'quickstart.change': hubs,
    });
    assert.equal(status, exitStatus.ok);
    const after = asked.slice(asked.indexOf('quickstart.failed'));
    assert.deepEqual(after, [
      'quickstart.failed',
      'quickstart.failed',
      'quickstart.change',
      hubs,
      'quickstart.run',
    ]);
    assert.equal(written.match(/nowhere\.example is not linked/g)?.length, 2);
  }));

test('to quit after a failure gives the exit status of the failure, which is reported once', () =>
  inTemporaryFolder(async (folder) => {
    const { status, written } = await wizard(folder, {
      ...wrongHub,
      [hubs]: 'nowhere.example',
      'quickstart.failed': 'quit',
    });
    assert.equal(status, new EnrollkitError('HUB_NOT_LINKED', '').exitStatus);
    assert.equal(written.match(/nowhere\.example is not linked/g)?.length, 1);
  }));

test.run();

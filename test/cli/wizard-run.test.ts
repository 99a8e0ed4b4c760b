/** The wizard after a run that failed: answers are kept, and one of them is changed. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'uvu';
import type { Context } from '../../src/cli/kernel/command.js';
import { Output } from '../../src/cli/kernel/output.js';
import type { AzureAccount } from '../../src/cli/quickstart/ask-azure.js';
import { askQuickstart } from '../../src/cli/quickstart/ask-quickstart.js';
import type { Asker } from '../../src/cli/terminal/asker.js';
import { EnrollkitError, exitStatus } from '../../src/errors.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { takeLock } from '../../src/workspace/lock.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type Script, scriptedAsker } from './scripted-asker.js';
import { noAccount } from './wizard-support.js';

const oneService: AzureAccount = {
  subscriptions: async () => [{ id: '11111111-2222-3333-4444-555555555555', name: 'Plant' }],
  services: async (subscriptionId) => [
    {
      name: 'contoso-dps',
      subscriptionId,
      resourceGroup: 'plant',
      location: 'westeurope',
      idScope: '0ne0000ABCD',
      hubs: ['hub-1.azure-devices.net'],
    },
  ],
  contents: async () => ({ certificates: [], groups: [] }),
};

/** @param when what else happens when a question is asked, by its ID */
async function wizard(
  folder: string,
  script: Script,
  account = noAccount,
  when: Record<string, () => void> = {},
) {
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
  const asker: Asker = {
    ...scripted.asker,
    select(question) {
      when[question.id]?.();
      return scripted.asker.select(question);
    },
  };
  const status = await askQuickstart(options, context, asker, account);
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

test('of two wizards on one folder, the second one is told, keeps its answers and can try again', () =>
  inTemporaryFolder(async (folder) => {
    const { lock } = layoutOf(folder);
    mkdirSync(dirname(lock), { recursive: true });
    const release = takeLock(lock);
    const { status, written, asked } = await wizard(
      folder,
      { 'devices.count': '1', 'quickstart.failed': 'again' },
      noAccount,
      { 'quickstart.failed': release },
    );
    assert.match(written, new RegExp(`\\(process ${process.pid}, `));
    assert.equal(status, exitStatus.ok);
    assert.equal(asked.filter((id) => id === 'devices.count').length, 1);
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

test('the network gone between the questions and the run: said, answers kept, and the run resumed', () =>
  inTemporaryFolder(async (folder) => {
    // Nothing listens on port 9 of this computer, so that no request leaves it.
    const gone = {
      HTTPS_PROXY: 'http://127.0.0.1:9',
      AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
      AZURE_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
      AZURE_CLIENT_SECRET: 'secret',
    };
    const before = Object.fromEntries(Object.keys(gone).map((name) => [name, process.env[name]]));
    Object.assign(process.env, gone);
    try {
      const { status, asked, written } = await wizard(
        folder,
        {
          'target.kind': ['azure', 'emulator'],
          'devices.count': '1',
          'devices.prefix': 'pump-',
          'quickstart.failed': 'change',
          'quickstart.change': 'target.kind',
        },
        oneService,
      );
      assert.equal(status, exitStatus.ok);
      assert.equal(written.match(/login\.microsoftonline\.com/g)?.length, 1);
      assert.match(written, /HTTPS_PROXY/);
      for (const id of ['devices.count', 'devices.prefix', 'enrollmentGroup.id'])
        assert.equal(asked.filter((one) => one === id).length, 1, `${id} is kept`);
      assert.match(written, /pump-001 +assigned/);
    } finally {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  }));

test.run();

/** Custom allocation in a plan: flags, the plan file, the key of a function, and the sample webhook end to end. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import { ServicePlane } from '../../src/dps/client/service.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { inCommandWorld } from './running-emulator.js';

const sample = new URL('../../templates/samples/node/allocation-webhook.mjs', import.meta.url).href;
const { allocate, createWebhook } = (await import(sample)) as {
  allocate(request: object): { iotHubHostName: string };
  createWebhook(log?: (line: string) => void): Server;
};

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const key = 'function-key-of-the-test';

test('the sample webhook assigns the devices of a quickstart; the key of the function is nowhere but in DPS', () =>
  inCommandWorld(
    async ({ folder, json, target }) => {
      const urls: (string | undefined)[] = [];
      const server = createWebhook();
      server.on('request', ({ url }: IncomingMessage) => urls.push(url));
      const url = await listening(server);
      try {
        const words = ['quickstart', '--yes', '--count', '3', '--allocation-policy', 'custom'];
        const flags = [...words, '--webhook-url', url, '--json', '--dir', folder];
        const first = await run(flags, { env: { ENROLLKIT_WEBHOOK_KEY: key } });
        assert.equal(first.status, 0, first.stdout + first.stderr);
        const hubs = target.hubConnectionStrings.map(({ hostName }) => hostName.replace(/:.*/, ''));
        for (const { registrationId, assignedHub } of JSON.parse(first.stdout).devices) {
          const linkedHubs = hubs;
          const { iotHubHostName } = allocate({ deviceRuntimeContext: { registrationId }, linkedHubs });
          assert.equal(assignedHub.replace(/:.*/, ''), iotHubHostName);
        }
        assert.ok(urls.length >= 3);
        for (const asked of urls) assert.equal(asked, `/?code=${key}`);

        const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
          (file) => file.isFile() && !join(file.parentPath, file.name).includes('emulator'),
        );
        assert.ok(files.length > 10, String(files.length));
        for (const file of files) {
          const text = readFileSync(join(file.parentPath, file.name), 'latin1');
          assert.ok(!text.includes(key), join(file.parentPath, file.name));
        }
        assert.ok(!(first.stdout + first.stderr).includes(key), first.stdout + first.stderr);
        const plan = JSON.parse(readFileSync(join(folder, '.enrollkit', 'plan.json'), 'utf8'));
        assert.equal(plan.enrollmentGroup.webhookUrl, url);

        // Without the key, a second run finds the group as it is.
        await json(flags.slice(0, -3));
        const service = new ServicePlane(target);
        const group = await service.getEnrollmentGroup('enrollkit-devices');
        assert.deepEqual(group!.customAllocationDefinition, {
          webhookUrl: `${url}?code=${key}`,
          apiVersion: '2021-10-01',
        });
        service.close();
        const shown = await json(['group', 'show', 'enrollkit-devices']);
        assert.deepEqual(
          [shown.allocationPolicy, shown.customAllocationDefinition.webhookUrl],
          ['custom', `${url}?code=***`],
        );
        const [listed] = (await json(['group', 'list'])).enrollmentGroups;
        assert.ok(!JSON.stringify(listed).includes(key));
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
    { hubs: ['hub-1', 'hub-2'] },
  ));

test('webhooks that redirect, lie, or answer no JSON fail the registration, with the reason', () =>
  inCommandWorld(async ({ json, emulator }) => {
    let answer: (response: ServerResponse) => void = () => {};
    const server = createServer((request, response) => {
      request.resume().on('end', () => answer(response));
    });
    const url = await listening(server);
    try {
      const words = ['quickstart', '--yes', '--count', '1', '--allocation-policy', 'custom'];
      for (const [bad, reason] of [
        [(response: ServerResponse) => response.writeHead(302, { location: url }).end(), '302'],
        [(response: ServerResponse) => response.end('{"iotHubHostName":"elsewhere.example"}'), 'elsewhere'],
        [(response: ServerResponse) => response.end('yes'), 'JSON'],
        [(response: ServerResponse) => response.end('{}'), 'iotHubHostName'],
        [(response: ServerResponse) => response.destroy(), 'reached'],
      ] as const) {
        answer = bad;
        const error = await json([...words, '--webhook-url', url], 4);
        assert.equal(error.code, 'REGISTRATION_FAILED', reason);
        assert.equal(error.context.errorCode, 400207);
        assert.ok(error.message.includes(reason), error.message);
      }
      assert.equal(emulator.messages('device-001').length, 0);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }));

test('a plan whose webhook cannot be used is refused before anything is created', () =>
  inTemporaryFolder(async (cwd) => {
    const refused = async (code: string, facts: string[], ...flags: string[]) => {
      const words = ['quickstart', '--yes', '--dry-run', ...flags];
      const { status, stderr } = await run(words, { cwd, env: withCodes });
      assert.equal(status, 2, flags.join(' ') + stderr);
      assertRefusal(stderr, code, ...facts);
    };
    const custom = ['--allocation-policy', 'custom'];
    const good = ['--webhook-url', 'https://contoso.example/api/allocate'];
    await refused('INVALID_PLAN', ['webhookUrl'], ...custom);
    await refused('INVALID_PLAN', ['webhookUrl'], ...good);
    for (const url of [
      'http://contoso.example/',
      'ftp://localhost/',
      'contoso.example',
      'https://contoso.example/?code=abc',
      'https://contoso.example/?sig=abc',
      'https://me:word@contoso.example/',
    ]) {
      await refused('INVALID_PLAN', ['webhook'], ...custom, '--webhook-url', url);
    }
    await refused('INVALID_PLAN', ['webhook'], ...custom, ...good, '--webhook-api-version', '2017-11-15');
    writeFileSync(
      join(cwd, 'plan.json'),
      '{"version": 1,\n "enrollmentGroup": {"allocationPolicy": "custom",\n  "webhookUrl": "http://contoso.example/"}}',
    );
    await refused('INVALID_PLAN', ['plan.json:3:17'], '--plan', 'plan.json');
  }));

test.run();

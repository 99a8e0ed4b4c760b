/** The Azure target against a stand-in for Azure Resource Manager: nothing here leaves this computer. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { azureTarget, inResourceGroup, plannedText } from './azure-target.js';
import { type StandIn, startStandIn } from './stand-in.js';
import type { Target } from './target.js';

let server: StandIn;
const requests: string[] = [];
/** By method: whether Azure refuses it. */
const refused = new Set<string>();
let tokens = 0;

test.before(async () => {
  server = await startStandIn((request, response) => {
    const path = request.url!.split('?')[0]!;
    requests.push(`${request.method} ${path}`);
    assert.equal(request.headers.host, 'management.azure.com');
    assert.equal(request.headers.authorization, 'Bearer token');
    const operation = { 'azure-asyncoperation': 'https://management.azure.com/operation?c=signed' };
    if (path === '/operation') {
      const polls = requests.filter((one) => one === 'GET /operation').length;
      response.writeHead(200).end(JSON.stringify({ status: polls % 2 === 1 ? 'Running' : 'Succeeded' }));
    } else if (refused.has(request.method!))
      response.writeHead(403).end('{"error":{"code":"AuthorizationFailed"}}');
    else if (request.method === 'DELETE') response.writeHead(202, operation).end();
    else if (path.includes('/IotHubs/')) response.writeHead(201, operation).end('{}');
    else response.writeHead(201).end('{}');
  });
});
test.after(() => {
  server.close();
});
test.before.each(() => {
  requests.length = 0;
  refused.clear();
});

function standIn(): Target {
  const credential = {
    async getToken(scope: string) {
      tokens += 1;
      assert.equal(scope, 'https://management.azure.com/.default');
      return { token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  return {
    ...azureTarget(credential, 'sub', 'westus'),
    ...{ ca: server.ca, dial: () => ({ host: 'localhost', port: server.port }), pollSeconds: 0 },
  };
}

test('makes a resource group and a hub of its own, and deletes the group when the work is done', async () => {
  const target = standIn();
  const group = `/subscriptions/sub/resourceGroups/${target.resourceGroup}`;
  tokens = 0;
  const result = await inResourceGroup(
    target,
    () => {},
    async () => {
      requests.push('the work');
      return 'done';
    },
  );
  assert.equal(result, 'done');
  assert.deepEqual(requests, [
    `PUT ${group}`,
    `PUT ${group}/providers/Microsoft.Devices/IotHubs/${target.hub}`,
    'GET /operation',
    'GET /operation',
    'the work',
    `DELETE ${group}`,
    'GET /operation',
    'GET /operation',
  ]);
  assert.equal(tokens, 1);
  assert.match(target.resourceGroup, /^enrollkit-contract-[0-9a-f]{10}$/);
  assert.notEqual(standIn().resourceGroup, target.resourceGroup);
});

test('deletes the group also when the work fails, or the hub cannot be made', async () => {
  const target = standIn();
  const failing = inResourceGroup(
    target,
    () => {},
    async () => {
      throw new Error('the work failed');
    },
  );
  await assert.rejects(failing, /the work failed/);
  assert.ok(requests.some((one) => one.startsWith('DELETE ')));
});

test('says which group is left when it cannot be deleted, and deletes nothing that it did not make', async () => {
  const target = standIn();
  refused.add('DELETE');
  await assert.rejects(
    inResourceGroup(
      target,
      () => {},
      async () => 'done',
    ),
    (error: Error) => error.message.includes(`az group delete --name ${target.resourceGroup}`),
  );
  requests.length = 0;
  refused.add('PUT');
  await assert.rejects(
    inResourceGroup(
      target,
      () => {},
      async () => 'done',
    ),
    /403/,
  );
  assert.ok(
    requests.every((one) => one.startsWith('PUT ')),
    requests.join(),
  );
});

test('says beforehand what it makes', () => {
  const target = standIn();
  const text = plannedText(target);
  for (const part of ['sub', 'westus', target.resourceGroup, target.hub, 'billed'])
    assert.ok(text.includes(part));
});

test.run();

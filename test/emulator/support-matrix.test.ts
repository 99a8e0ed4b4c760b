import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { supportRows, supportText, withSummary } from '../../scripts/support-matrix.js';
import { apiVersions } from '../../src/dps/contract/api-versions.js';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { routePath } from '../../src/dps/contract/routes.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { make } from '../support/chains.js';
import { ownerToken, startTestEmulator, type TestEmulator } from './support.js';

test('docs/emulator-support.md is what "npm run support-matrix" writes', () => {
  const document = new URL('../../docs/emulator-support.md', import.meta.url);
  assert.equal(readFileSync(document, 'utf8'), supportText());
});

test('so is its summary in docs/emulator.md', () => {
  const document = readFileSync(new URL('../../docs/emulator.md', import.meta.url), 'utf8');
  assert.match(document, /\| Service plane of DPS \| \d+ \|/);
  assert.equal(document, withSummary(document));
});

let emulator: TestEmulator;
test.before(async () => {
  emulator = await startTestEmulator();
});
test.after(() => emulator.stop());

const chain = [await make('device', 'x')];

function authorizationFor(plane: string): string {
  const { armToken, hubServiceConnectionString } = emulator.endpoints;
  if (plane === 'arm') return `Bearer ${armToken}`;
  if (plane === 'service') return ownerToken(emulator.endpoints);
  const { hostName, sharedAccessKeyName, sharedAccessKey } =
    parseConnectionString(hubServiceConnectionString);
  return createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, Math.floor(Date.now() / 1000) + 3600);
}

/** Of the emulator's own service, so that what is asked of it is answered by it. */
function parametersFor(path: string): Record<string, string> {
  const { subscriptionId, resourceGroup, dpsName, idScope } = emulator.endpoints;
  const others = [...path.matchAll(/:(\w+)/g)].map(([, name]) => [name!, 'x']);
  return { ...Object.fromEntries(others), subscriptionId, resourceGroup, dpsName, idScope };
}

for (const { plane, name, route, supported } of supportRows) {
  test(`${plane}: ${route.method} ${route.path} is ${supported ? 'served' : 'refused with 501'}`, async () => {
    const parameters = parametersFor(route.path);
    if (name === 'deleteService') parameters.dpsName = 'none-of-this-name';
    const body = route.method === 'GET' || route.method === 'DELETE' ? undefined : {};
    const path = `${routePath(route, parameters)}?api-version=${apiVersions[plane][0]}`;
    // Of a device that is not there.
    const byDevice = /^(createFileUpload|completeFileUpload|sendModuleMessage)$/.test(name);
    const byCertificate = plane === 'device' || byDevice;
    const headers: Record<string, string> = byCertificate ? {} : { authorization: authorizationFor(plane) };
    emulator.events.length = 0;
    const answer = await emulator.call({ method: route.method, path, headers, body, chain });
    if (!supported) {
      if (byDevice) return assert.ok([401, 501].includes(answer.status));
      assert.equal(answer.status, 501, JSON.stringify(answer.body));
      const text = JSON.stringify(answer.body);
      return assert.match(text, /Not implemented in this emulator: \w+/, text);
    }
    assert.ok(![405, 501].includes(answer.status), `${answer.status}`);
    // What no operation took is told of by method and path.
    const taken = emulator.events.find(({ operation }) => !operation.includes(' '));
    assert.ok(taken, `no operation took it: ${JSON.stringify(emulator.events)}`);
  });
}

test.run();

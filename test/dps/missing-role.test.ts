/** Replies with 403: the missing role, and the command that assigns it. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { replyError } from '../../src/dps/client/http/reply-error.js';

const subscription = '/subscriptions/11111111-2222-3333-4444-555555555555';
const person = '99999999-8888-7777-6666-555555555555';

const forbidden = (plane: 'arm' | 'service' | 'hub', message: string) =>
  replyError({
    plane,
    host: 'management.azure.com',
    subject: 'the thing',
    status: 403,
    bodyText: JSON.stringify({ error: { code: 'AuthorizationFailed', message } }),
  });

/** As Azure Resource Manager writes it. */
const refusal = (action: string, scope: string) =>
  `The client 'me@contoso.com' with object id '${person}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;

test('the role follows the action, and is assigned where the action was refused', () => {
  const group = `${subscription}/resourceGroups/plant`;
  const dps = `${group}/providers/Microsoft.Devices/provisioningServices/plant-dps`;
  for (const [action, scope, role, at] of [
    ['Microsoft.Devices/provisioningServices/read', dps, 'Reader', dps],
    ['Microsoft.Devices/provisioningServices/write', dps, 'Contributor', dps],
    [
      'Microsoft.Devices/IotHubs/write',
      `${group}/providers/Microsoft.Devices/IotHubs/h`,
      'Contributor',
      undefined,
    ],
    ['Microsoft.Devices/IotHubs/listkeys/Action', group, 'Contributor', group],
    // The resource group does not exist yet.
    ['Microsoft.Resources/subscriptions/resourcegroups/write', group, 'Contributor', subscription],
  ] as const) {
    const { code, exitStatus, next, context } = forbidden('arm', refusal(action, scope));
    assert.equal(code, 'FORBIDDEN');
    assert.equal(exitStatus, 3);
    const missing = context.missingRole as any;
    assert.deepEqual(missing, { role, scope: at ?? scope, assignee: person, action });
    const command = `az role assignment create --assignee ${person} --role "${role}" --scope ${at ?? scope}`;
    assert.ok(next.includes(command), next);
    assert.ok(!next.includes('--proof-of-possession'), next);
  }
});

test('the portal is another way for certificates only', () => {
  const scope = `${subscription}/resourceGroups/g/providers/Microsoft.Devices/provisioningServices/d`;
  const { next } = forbidden(
    'arm',
    refusal('Microsoft.Devices/provisioningServices/certificates/Write', scope),
  );
  assert.ok(next.includes('--proof-of-possession portal'), next);
});

test('a reply that does not say what was refused, and other planes, keep their advice', () => {
  assert.equal(forbidden('arm', 'Forbidden').context.missingRole, undefined);
  assert.equal(
    (forbidden('service', 'no').context.missingRole as any).role,
    'Device Provisioning Service Data Contributor',
  );
  assert.equal(forbidden('hub', 'no').context.missingRole, undefined);
});

test.run();

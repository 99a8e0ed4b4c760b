/** The wizard picks a provisioning service from an Azure account. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import type { AzureAccount, FoundService } from '../../src/cli/quickstart/ask-azure.js';
import { azureAccount } from '../../src/cli/quickstart/azure-account.js';
import type { Exchange } from '../../src/dps/client/exchange.js';
import { ResourceManager, scopeOf } from '../../src/dps/client/resource-manager.js';
import { azureTarget, emulatorTarget, type Target } from '../../src/dps/client/target.js';
import { startEmulator } from '../../src/emulator/start.js';
import { EnrollkitError, type ErrorCode } from '../../src/errors.js';
import { cleanRemote } from '../../src/quickstart/clean.js';
import { inWorld } from '../support/quickstart.js';
import { back, type Script } from './scripted-asker.js';
import { decide, noAccount } from './wizard-support.js';

const guid = (digit: number) => `${String(digit).repeat(8)}-2222-3333-4444-555555555555`;
const service = (name: string, subscriptionId = guid(1)): FoundService => ({
  name,
  subscriptionId,
  resourceGroup: `${name}-rg`,
  location: 'westeurope',
  idScope: '0ne0000ABCD',
  hubs: ['hub-1.azure-devices.net', 'hub-2.azure-devices.net'],
});
const accountOf = (services: FoundService[], more: Partial<AzureAccount> = {}): AzureAccount => ({
  subscriptions: async () =>
    [...new Set(services.map((one) => one.subscriptionId))].map((id) => ({ id, name: `Plan ${id[0]}` })),
  services: async (id) => services.filter((one) => one.subscriptionId === id),
  contents: async () => ({ certificates: [], groups: ['line-1'] }),
  ...more,
});
const inAzure: Script = { 'target.kind': 'azure' };
const typed: Script = {
  'target.dpsName': 'typed-dps',
  'target.subscriptionId': guid(9),
  'target.resourceGroup': 'rg',
};

async function targetOf(script: Script, account: AzureAccount, given?: ReadonlySet<never>) {
  const { decision, asked, said, choices, places } = await decide(
    { ...inAzure, ...script },
    { account, ...(given && { given }) },
  );
  assert.ok(decision.kind === 'run');
  return { target: decision.plan.target, plan: decision.plan, asked, said, choices, places };
}

test('one service in one subscription is one question, and gives all four names', async () => {
  const { target, asked } = await targetOf({}, accountOf([service('contoso-dps')]));
  assert.deepEqual(target, {
    kind: 'azure',
    dpsName: 'contoso-dps',
    subscriptionId: guid(1),
    resourceGroup: 'contoso-dps-rg',
    idScope: '0ne0000ABCD',
  });
  assert.deepEqual(
    asked.filter((id) => /^(azure|target)\./.test(id)),
    ['target.kind', 'azure.service'],
  );
});

test('of several subscriptions and a hundred services, one is picked; Back leads to the other subscription', async () => {
  const many = Array.from({ length: 100 }, (_, index) => service(`dps-${index}`, guid(2)));
  const { target } = await targetOf(
    { 'azure.subscription': [guid(1), guid(2)], 'azure.service': [back, 'dps-77'] },
    accountOf([service('other'), ...many]),
  );
  assert.ok(target.kind === 'azure');
  assert.deepEqual([target.dpsName, target.subscriptionId], ['dps-77', guid(2)]);
});

test('names can be typed at every point', async () => {
  const account = accountOf([service('one'), service('two', guid(2))]);
  const { asked: first } = await targetOf(typed, noAccount);
  assert.ok(first.includes('target.dpsName'));
  for (const id of ['azure.subscription', 'azure.service']) {
    const { target } = await targetOf({ ...typed, [id]: 'type:' }, account);
    assert.ok(target.kind === 'azure' && target.dpsName === 'typed-dps', id);
  }
});

test('an account that has none, or may not look, says so, keeps the answers, and can look again', async () => {
  let services: FoundService[] = [];
  const empty = accountOf([service('x')], {
    services: async () => {
      const now = services;
      services = [service('new-dps')];
      return now;
    },
  });
  const { target, said } = await targetOf({ 'azure.service': ['again:'] }, empty);
  assert.ok(target.kind === 'azure' && target.dpsName === 'new-dps');
  assert.ok(said.some(({ id }) => id === 'azure.no-service'));

  for (const code of ['NO_CREDENTIALS', 'FORBIDDEN', 'NETWORK'] satisfies ErrorCode[]) {
    let tries = 0;
    const failing = accountOf([service('contoso')], {
      services: async () => {
        tries += 1;
        if (tries === 1) throw new EnrollkitError(code, `The reason: ${code}.`);
        return [service('contoso')];
      },
    });
    const { asked, said, plan } = await targetOf(
      { 'quickstart.folder': 'line', 'azure.failed.services': 'again' },
      failing,
    );
    assert.equal(tries, 2);
    assert.equal(asked.filter((id) => id === 'quickstart.folder').length, 1, 'answers are kept');
    const failure = said.find(({ id }) => id === 'azure.failed')!;
    assert.ok(failure.text.includes(code));
    if (code === 'FORBIDDEN') assert.match(failure.text, /Reader.*Contributor/s);
    assert.ok(plan.target.kind === 'azure');
    const { target } = await targetOf(
      typed,
      accountOf([service('x')], { services: () => Promise.reject(new EnrollkitError(code, 'No.')) }),
    );
    assert.ok(target.kind === 'azure' && target.dpsName === 'typed-dps');
  }
});

test('a new service is created after a second question with its price, and its names are asked for', async () => {
  const script: Script = {
    'azure.service': ['create:', 'create:'],
    'azure.create': [false, true],
    'target.dpsName': 'new-dps',
    'target.resourceGroup': 'plant',
    'target.location': 'westeurope',
    'target.hubSku': 'F1',
  };
  for (const services of [[], [service('contoso')]]) {
    const account = accountOf([service('x')], { services: async () => services });
    const { target, asked, places } = await targetOf(script, account);
    assert.deepEqual(target, {
      kind: 'azure',
      dpsName: 'new-dps',
      subscriptionId: guid(1),
      resourceGroup: 'plant',
      create: true,
      location: 'westeurope',
      hubSku: 'F1',
    });
    assert.ok(!asked.includes('target.subscriptionId'));
    // To say no leads back, so the count cannot follow Enter there.
    const last = places[asked.lastIndexOf('azure.create')]!;
    assert.ok(last.total > last.number + 5, JSON.stringify(last));
  }
});

test('names that are taken in the picked service, and hubs that it lacks, are refused at the question', async () => {
  const account = accountOf([service('contoso')]);
  await assert.rejects(targetOf({ 'enrollmentGroup.id': 'LINE-1' }, account), { code: 'ERR_ASSERTION' });
  const more: Script = { 'quickstart.more': true };
  const hub = 'enrollmentGroup.iotHubs';
  await assert.rejects(targetOf({ ...more, [hub]: 'hub-9.azure-devices.net' }, account), {
    code: 'ERR_ASSERTION',
  });
  const { plan } = await targetOf({ ...more, [hub]: 'hub-2.azure-devices.net' }, account);
  assert.deepEqual(plan.enrollmentGroup.iotHubs, ['hub-2.azure-devices.net']);
});

test('where the usual names are taken, Enter gives the next free ones', async () => {
  const contents = async () => ({
    certificates: ['enrollkit-root', 'Enrollkit-Root-2'],
    groups: ['enrollkit-devices'],
  });
  const account = accountOf([service('contoso')], { contents });
  for (const script of [{}, { 'quickstart.more': true }] satisfies Script[]) {
    const { plan } = await targetOf(script, account);
    assert.equal(plan.enrollmentGroup.id, 'enrollkit-devices-2');
    assert.equal(plan.certificateAuthority.name, 'enrollkit-root-3');
  }
});

/** What Azure Resource Manager answers to a list; the clients ask it through the seam of all requests. */
function accountAnswering(answer: Exchange): AzureAccount {
  const signal = new AbortController().signal;
  return azureAccount(signal, ({ name, subscriptionId = guid(1), resourceGroup = 'rg' }) => ({
    ...azureTarget({ dpsName: name, subscriptionId, resourceGroup }),
    armCredential: { getToken: async () => ({ token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    exchange: answer,
  }));
}
const replyOf = (status: number, body: unknown) => ({ status, headers: {}, body: JSON.stringify(body) });
const subscriptions = {
  value: [{ subscriptionId: guid(1), displayName: 'Plant', state: 'Enabled' }],
};

test('all pages of a list are read, with a hundred services as with one', async () => {
  const urls: string[] = [];
  const account = accountAnswering(async ({ url }) => {
    if (/subscriptions\?/.test(url)) return replyOf(200, subscriptions);
    if (!/provisioningServices\?/.test(url)) return replyOf(403, { error: { code: 'AuthorizationFailed' } });
    urls.push(url);
    const page = Number(new URL(url).searchParams.get('$skiptoken') ?? 0);
    const value = Array.from({ length: 25 }, (_, index) => ({
      id: `/subscriptions/${guid(1)}/resourceGroups/plant/providers/Microsoft.Devices/provisioningServices/dps-${page * 25 + index}`,
      name: `dps-${page * 25 + index}`,
      type: 'Microsoft.Devices/provisioningServices',
      location: 'westeurope',
      properties: { idScope: '0ne0000ABCD', iotHubs: [] },
      sku: { name: 'S1', capacity: 1 },
      etag: 'AAAA',
    }));
    const next = new URL(url);
    next.searchParams.set('$skiptoken', String(page + 1));
    return replyOf(200, { value, ...(page < 3 ? { nextLink: next.href } : {}) });
  });
  const { plan, choices } = await targetOf({ 'azure.service': 'dps-99' }, account);
  assert.equal(urls.length, 4);
  // With those to create one, look again and type names.
  assert.equal(choices.get('azure.service')!.length, 103);
  assert.ok(plan.target.kind === 'azure' && plan.target.dpsName === 'dps-99');
});

test('a token that ended, missing rights and a lost connection are told apart, and names can be typed', async () => {
  const failures: [reply: number | 'ECONNREFUSED', what: RegExp][] = [
    [401, /az login/],
    [403, /Reader.*Contributor.*IAM/s],
    ['ECONNREFUSED', /HTTPS_PROXY/],
  ];
  for (const [failure, what] of failures) {
    const account = accountAnswering(async ({ url }) => {
      if (/subscriptions\?/.test(url)) return replyOf(200, subscriptions);
      if (failure === 'ECONNREFUSED') throw Object.assign(new Error('refused'), { code: failure });
      const code = failure === 401 ? 'ExpiredAuthenticationToken' : 'AuthorizationFailed';
      return replyOf(failure, { error: { code, message: 'No.' } });
    });
    const { target, said, asked } = await targetOf({ ...typed, 'quickstart.folder': 'line' }, account);
    const { text } = said.find(({ id }) => id === 'azure.failed')!;
    assert.match(text, what, String(failure));
    // "Run the command again" is not what to do in the middle of a dialogue.
    assert.doesNotMatch(text, /--proof-of-possession|command again/);
    assert.equal(asked.filter((id) => id === 'quickstart.folder').length, 1, 'answers are kept');
    assert.ok(target.kind === 'azure' && target.dpsName === 'typed-dps');
  }
});

test('what an account has is read through Azure Resource Manager: one, many and none', async () => {
  const { endpoints, stop } = await startEmulator({ dir: ':memory:' });
  const target = emulatorTarget(endpoints, readFileSync(endpoints.caFile, 'utf8'));
  const manager = new ResourceManager(target);
  try {
    const { signal } = new AbortController();
    const account = azureAccount(signal, ({ name, ...scope }) => ({ ...target, ...scope, dpsName: name }));
    const [subscription] = await account.subscriptions();
    const { subscriptionId, dpsName, idScope, resourceGroup } = endpoints;
    assert.equal(subscription?.id, subscriptionId);
    const [only] = await account.services(subscriptionId);
    assert.deepEqual(
      [only?.name, only?.resourceGroup, only?.idScope, only?.hubs.length],
      [dpsName, resourceGroup, idScope, 1],
    );
    assert.deepEqual(await account.contents(only!), { certificates: [], groups: [] });
    await manager.createService({ subscriptionId, resourceGroup }, 'another-dps', {
      location: 'westeurope',
      tags: {},
    });
    const names = (await account.services(subscriptionId)).map(({ name }) => name);
    assert.deepEqual(names, ['another-dps', dpsName].sort());
    for (const { id, name } of await manager.listServices({ subscriptionId }))
      await manager.deleteService(scopeOf(id), name);
    assert.deepEqual(await account.services(subscriptionId), []);
  } finally {
    manager.close();
    await stop();
  }
});

test('from an account with nothing in it, the wizard leads to a registered device, and clean back to nothing', () =>
  inWorld(async ({ target, emulator, folder, run }) => {
    const manager = new ResourceManager(target);
    const { subscriptionId, resourceGroup } = emulator.endpoints;
    const { signal } = new AbortController();
    const everything = async () => {
      const groups = await manager.listResourceGroups(subscriptionId);
      const services = await manager.listServices({ subscriptionId });
      const hubs = await manager.listHubs({ subscriptionId });
      return [...groups, ...services, ...hubs].map(({ name }) => name);
    };
    for (const { id, name } of await manager.listServices({ subscriptionId }))
      await manager.deleteService(scopeOf(id), name);
    for (const { id, name } of await manager.listHubs({ subscriptionId }))
      await manager.deleteHub(scopeOf(id), name);
    await manager.deleteResourceGroup({ subscriptionId, resourceGroup });
    assert.deepEqual(await everything(), []);

    const names: Script = {
      'target.dpsName': 'plant-dps',
      'target.resourceGroup': 'plant',
      'target.location': 'westeurope',
      'devices.count': '1',
    };
    const account = azureAccount(signal, ({ name, ...scope }) => ({ ...target, ...scope, dpsName: name }));
    const script: Script = { ...names, 'azure.service': 'create:', 'azure.create': true };
    const { plan, asked, said } = await targetOf(script, account);
    assert.ok(said.some(({ id }) => id === 'azure.no-service'));
    assert.ok(asked.indexOf('azure.create') < asked.indexOf('quickstart.run'), 'asked twice');
    // Names that are typed lead to the same plan.
    const subscription = { 'target.subscriptionId': subscriptionId };
    const byHand = await targetOf({ ...names, ...subscription, 'target.create': true }, noAccount);
    assert.deepEqual(byHand.plan, plan);

    const azure: Target = {
      ...target,
      ...{ kind: 'azure', resourceGroup: 'plant', dpsName: 'plant-dps' },
      service: 'from-arm',
      hubConnectionStrings: [],
    };
    const { devices } = await run(plan, { target: azure });
    assert.equal(devices[0]!.status, 'assigned');
    assert.deepEqual((await everything()).sort(), ['plant', 'plant-dps', 'plant-hub']);
    const { kept } = await cleanRemote({ folder, targetFor: async () => azure, signal });
    assert.deepEqual(kept, []);
    assert.deepEqual(await everything(), []);
    manager.close();
  }));

test('a token that ends in mid-dialogue leaves the answers, and the question can be tried again', async () => {
  let isSignedIn = true;
  const expired = async () => {
    if (!isSignedIn) throw new EnrollkitError('NO_CREDENTIALS', 'The token has expired.');
  };
  const account = accountOf([service('contoso'), service('other', guid(2))], {
    services: async (id) => {
      if (id === guid(2)) isSignedIn = false;
      await expired().finally(() => {
        isSignedIn = true;
      });
      return [service('contoso')];
    },
    contents: async () => {
      throw new EnrollkitError('NO_CREDENTIALS', 'The token has expired.');
    },
  });
  const { asked, said, plan } = await targetOf(
    {
      'quickstart.folder': 'line',
      'azure.subscription': [guid(2), guid(1)],
      'azure.failed.services': [back],
    },
    account,
  );
  assert.ok(said.some(({ text }) => text.includes('The token has expired.')));
  assert.equal(asked.filter((id) => id === 'quickstart.folder').length, 1);
  assert.ok(plan.target.kind === 'azure' && plan.target.dpsName === 'contoso');
});

test.run();

/** The checks of doctor that depend on the computer, the network and Azure, each with what it would see there. */
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectTcp, createServer, type LookupFunction } from 'node:net';
import type { networkInterfaces } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import { suite } from 'uvu';
import {
  environmentFindings,
  nodeFindings,
  rootFindings,
  trustedRoots,
} from '../../src/cli/doctor/computer.js';
import { deviceFindings } from '../../src/cli/doctor/devices.js';
import { interceptionFindings, portFindings, takenPortFindings } from '../../src/cli/doctor/network.js';
import { reportText } from '../../src/cli/doctor/report-text.js';
import { type Clients, serviceReport } from '../../src/cli/doctor/service.js';
import { plainStyles } from '../../src/cli/kernel/output.js';
import { ControlPlane } from '../../src/dps/client/arm.js';
import { type DeviceProtocol, registerDevice } from '../../src/dps/client/device.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import type { Target } from '../../src/dps/client/target.js';
import type { EnrollkitError } from '../../src/errors.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import type { StoredCertificate } from '../../src/workspace/stored-certificates.js';
import { openWorld, type World } from '../dps/support.js';
import { make } from '../support/chains.js';
import { planWith } from '../support/quickstart.js';

const checks = suite('doctor-checks');
let world: World;

checks.before(async () => {
  world = await openWorld();
});
checks.after(() => world.close());

const codesOf = (findings: readonly { code: string }[]) => findings.map(({ code }) => code);

checks('Node.js', () => {
  assert.deepEqual(codesOf(nodeFindings('v20.19.0')), ['NODE_VERSION']);
  assert.deepEqual(codesOf(nodeFindings('v26.1.0')), ['NODE_VERSION']);
  for (const old of ['v20.18.9', 'v18.20.0']) assert.deepEqual(codesOf(nodeFindings(old)), ['NODE_TOO_OLD']);
});

checks('trusted roots', () => {
  assert.deepEqual(codesOf(rootFindings(trustedRoots({}), 'azure')), ['TRUST_ROOTS']);
  const none = rootFindings([], 'azure');
  assert.deepEqual(codesOf(none), ['TRUST_ROOT_MISSING', 'TRUST_ROOT_MISSING']);
  assert.deepEqual(
    none.map(({ severity }) => severity),
    ['error', 'error'],
  );
  assert.deepEqual(
    rootFindings([], 'emulator').map(({ severity }) => severity),
    ['warning', 'warning'],
  );
  const withoutOne = trustedRoots({}).filter((pem) => rootFindings([pem], 'azure').length === 2);
  assert.equal(rootFindings(withoutOne, 'azure').length, 2);
});

checks('the environment', () => {
  const see = (
    env: Record<string, string>,
    kind: 'azure' | 'emulator' = 'azure',
    protocol: DeviceProtocol = 'mqtt',
  ) => codesOf(environmentFindings(env, { kind, protocol }));
  assert.deepEqual(see({}), ['NO_PROXY']);
  assert.deepEqual(see({ HTTPS_PROXY: 'http://proxy:8080' }), ['PROXY', 'PROXY_NOT_FOR_MQTT']);
  assert.deepEqual(see({ HTTPS_PROXY: 'http://proxy:8080' }, 'azure', 'https'), ['PROXY']);
  assert.deepEqual(see({ https_proxy: 'http://proxy:8080' }, 'emulator'), ['PROXY']);
  assert.deepEqual(see({ ALL_PROXY: 'proxy of ours' }), ['PROXY_INVALID']);
  assert.deepEqual(see({ NODE_EXTRA_CA_CERTS: '/no/such/file' }), ['EXTRA_ROOTS_MISSING', 'NO_PROXY']);
  assert.deepEqual(see({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }), ['TLS_CHECKS_OFF', 'NO_PROXY']);
  const secret = environmentFindings(
    { HTTPS_PROXY: 'http://me:hunter2@proxy:8080' },
    { kind: 'azure', protocol: 'amqp' },
  );
  assert.ok(!JSON.stringify(secret).includes('hunter2'));
});

checks('a name that cannot be looked up: the name is wrong, or there is no network', async () => {
  const lookingUp =
    (code: string, known: RegExp): LookupFunction =>
    (host, _options, done) =>
      known.test(host)
        ? done(null, [{ address: '127.0.0.1', family: 4 }])
        : done(Object.assign(new Error(code), { code }), '', 0);
  const up = () => ({ eth0: [{ internal: false }] }) as unknown as ReturnType<typeof networkInterfaces>;
  const down = () => ({ lo: [{ internal: true }] }) as unknown as ReturnType<typeof networkInterfaces>;
  const ports = ['HTTPS', 'MQTT'].map((name) => ({ name, host: 'contoso.example', port: 1, isNeeded: true }));
  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    const mistyped = await portFindings(ports, { lookup: lookingUp(code, /microsoft/), interfaces: up });
    assert.deepEqual(codesOf(mistyped), ['PORT_UNREACHABLE', 'PORT_UNREACHABLE'], code);
    assert.match(mistyped[0]!.fix!, /name/);
    const isolated = await portFindings(ports, { lookup: lookingUp(code, /^$/), interfaces: up });
    assert.deepEqual(codesOf(isolated), ['OFFLINE'], code);
    assert.match(isolated[0]!.message, /login\.microsoftonline\.com/);
    const unplugged = await portFindings(ports, { lookup: lookingUp(code, /^$/), interfaces: down });
    assert.deepEqual(codesOf(unplugged), ['OFFLINE'], code);
    assert.notEqual(unplugged[0]!.message, isolated[0]!.message);
  }
});

checks('ports', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const one = { name: 'MQTT', host: '127.0.0.1', port };
  assert.deepEqual(codesOf(await portFindings([{ ...one, isNeeded: true }])), ['PORTS']);
  assert.deepEqual(codesOf(await takenPortFindings({ mqtt: port })), ['PORT_IN_USE']);
  await new Promise((done) => server.close(done));
  assert.deepEqual(codesOf(await takenPortFindings({ mqtt: port })), ['PORTS_FREE']);
  for (const [isNeeded, severity] of [
    [true, 'error'],
    [false, 'warning'],
  ] as const) {
    const [finding] = await portFindings([{ ...one, isNeeded }]);
    assert.deepEqual([finding!.code, finding!.severity], ['PORT_UNREACHABLE', severity]);
    assert.ok(finding!.message.includes(`127.0.0.1:${port}`));
  }
});

checks('who answers in place of Azure', async () => {
  const look = async (issuer: string, isTrusted: boolean) => {
    const root = await make('root', issuer);
    const server = await make('server', 'localhost', root, {
      subjectAlternativeNames: { dns: ['localhost'] },
    } as any);
    const listener = createTlsServer({
      cert: `${server.pem}${root.pem}`,
      key: await privateKeyToPem(server.privateKey),
    });
    listener.on('tlsClientError', () => {});
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
    const { port } = listener.address() as { port: number };
    try {
      return await interceptionFindings('localhost', port, isTrusted ? root.pem : undefined);
    } finally {
      listener.close();
    }
  };
  const [trusted] = await look('Corporate Inspection CA', true);
  assert.deepEqual([trusted!.code, trusted!.severity], ['TLS_INTERCEPTED', 'warning']);
  assert.ok(trusted!.message.includes('Corporate Inspection CA'));
  const [untrusted] = await look('Corporate Inspection CA', false);
  assert.deepEqual([untrusted!.code, untrusted!.severity], ['TLS_INTERCEPTED', 'error']);
  assert.deepEqual(codesOf(await look('DigiCert Global Root G2', true)), ['TLS']);
  assert.deepEqual(codesOf(await look('DigiCert Global Root G2', false)), ['SERVER_NOT_TRUSTED']);
});

checks('a proxy that inspects TLS: doctor and the error of a registration name it', async () => {
  const root = await make('root', 'Corporate Inspection CA');
  const host = 'global.azure-devices-provisioning.net';
  const server = await make('server', host, root, { dnsNames: [host] } as any);
  const key = await privateKeyToPem(server.privateKey);
  const inspector = createTlsServer({ cert: `${server.pem}${root.pem}`, key, requestCert: true });
  inspector.on('tlsClientError', () => {});
  await new Promise<void>((done) => inspector.listen(0, '127.0.0.1', done));
  const asked: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', ({ url }, socket) => {
    asked.push(url!);
    const inside = connectTcp((inspector.address() as { port: number }).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(inside).pipe(socket);
    });
    socket.on('error', () => inside.destroy());
    inside.on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
  const device = await make('device', 'device-001');
  const before = process.env.HTTPS_PROXY;
  process.env.HTTPS_PROXY = url;
  try {
    const [seen] = await interceptionFindings(host, 443, undefined, new URL(url));
    assert.deepEqual([seen!.code, seen!.severity], ['TLS_INTERCEPTED', 'error']);
    assert.ok(seen!.message.includes('Corporate Inspection CA'));
    const registerOverHttps = async () =>
      registerDevice({
        target: { globalDeviceEndpoint: host, deviceMqttEndpoint: host, deviceAmqpEndpoint: host },
        idScope: '0ne00000000',
        registrationId: 'device-001',
        certificateChain: device.pem,
        privateKey: await privateKeyToPem(device.privateKey),
        protocol: 'https',
      }).then(
        () => undefined,
        (error: EnrollkitError) => error,
      );
    const refused = await registerOverHttps();
    assert.equal(refused?.code, 'SERVER_NOT_TRUSTED');
    assert.match(refused!.message, /Corporate Inspection CA|SELF_SIGNED_CERT_IN_CHAIN|proxy/i);
    assert.deepEqual([...new Set(asked)], [`${host}:443`]);
    // A proxy that is not there: the error names it, since the host may well be.
    proxy.closeAllConnections();
    await new Promise((done) => proxy.close(done));
    const unreachable = await registerOverHttps();
    assert.equal(unreachable?.code, 'NETWORK');
    assert.ok(unreachable!.message.includes(new URL(url).host), unreachable!.message);
  } finally {
    if (before === undefined) delete process.env.HTTPS_PROXY;
    else process.env.HTTPS_PROXY = before;
    proxy.close();
    proxy.closeAllConnections();
    inspector.close();
  }
});

/** What is wrong, with a target that differs from the emulator's. */
async function report(
  change: Partial<Target>,
  clientsOf: (clients: Clients) => Clients = (one) => one,
  plan = planWith(),
) {
  const target = { ...world.target, ...change };
  const control = new ControlPlane(target);
  const service = new ServicePlane(target);
  try {
    const clients = clientsOf({ target, control, service, signal: new AbortController().signal });
    const { findings } = await serviceReport(clients, plan);
    return findings
      .filter(({ severity }) => severity !== 'info')
      .map(({ code, severity }) => `${severity} ${code}`);
  } finally {
    control.close();
    service.close();
  }
}

const badToken = { getToken: async () => ({ token: 'x', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) };
const connectionString = {
  hostName: '',
  sharedAccessKeyName: 'provisioningserviceowner',
  sharedAccessKey: Buffer.alloc(32).toString('base64'),
};

checks('credentials, rights, names', async () => {
  assert.deepEqual(await report({}), []);
  assert.deepEqual(await report({ armCredential: badToken }), ['error NO_CREDENTIALS']);
  const portal = planWith((plan) => {
    plan.certificateAuthority.proofOfPossession = 'portal';
  });
  assert.deepEqual(await report({ armCredential: badToken }, undefined, portal), ['warning NO_CREDENTIALS']);
  const service = { connectionString: { ...connectionString, hostName: world.target.serviceHostName } };
  assert.deepEqual(await report({ service }), ['error NO_CREDENTIALS']);
  assert.deepEqual(await report({ dpsName: 'another' }), ['error DPS_NOT_FOUND']);
  assert.deepEqual(await report({ idScope: '0ne0BADBAD0' }), ['error WRONG_ID_SCOPE']);
  const lacking = (clients: Clients): Clients => ({
    ...clients,
    control: Object.assign(clients.control, {
      missingPermissions: async () => ['Microsoft.Devices/x/Write'],
    }),
  });
  assert.deepEqual(await report({}, lacking), ['error RIGHTS_MISSING']);
  assert.deepEqual(await report({}, lacking, portal), ['warning RIGHTS_MISSING']);
});

checks('the service cannot be reached, or not trusted', async () => {
  const { armEndpoint } = world.target;
  assert.deepEqual(await report({ armEndpoint: 'https://localhost:1' }), ['error NETWORK']);
  const other = (await make('root', 'Other')).pem;
  assert.deepEqual(await report({ armEndpoint, trust: other }), ['error SERVER_NOT_TRUSTED']);
});

checks('the clock', async () => {
  const ahead = (minutes: number) => ({ now: () => new Date(Date.now() + minutes * 60_000) });
  assert.deepEqual(await report(ahead(2)), ['warning CLOCK_OFF']);
  assert.deepEqual(await report(ahead(-3)), ['warning CLOCK_OFF']);
  assert.ok((await report(ahead(30))).includes('error CLOCK_SKEW'));
});

checks('a clock of the emulator that was set is told', async () => {
  const target = { ...world.target, clockOffset: () => 86_400_000 };
  const [control, service] = [new ControlPlane(world.target), new ServicePlane(world.target)];
  const { findings } = await serviceReport(
    { target, control, service, signal: new AbortController().signal },
    undefined,
  );
  assert.ok(codesOf(findings).includes('EMULATOR_CLOCK'));
  control.close();
  service.close();
});

checks('of very many devices, the first ones are checked, and the report says so', async () => {
  const { pem } = await make('device', 'd');
  const stored = { pem, chainPem: pem, certificate: parseCertificate(pem) } as StoredCertificate;
  const devices = new Map(Array.from({ length: 201 }, (_, index) => [`d-${index}`, stored]));
  const clients = {
    target: { ...world.target, subscriptionId: undefined, service: 'from-arm' },
    service: { getRegistration: async () => undefined },
    signal: new AbortController().signal,
  } as unknown as Clients;
  const contents = { plan: undefined, root: undefined, intermediate: undefined, devices };
  const findings = await deviceFindings(clients, contents, undefined);
  assert.equal(codesOf(findings).at(-1), 'NOT_ALL_DEVICES');
  assert.equal(codesOf(findings).filter((code) => code === 'DEVICE_NOT_REGISTERED').length, 200);
});

checks('hubs', async () => {
  const withHubs = (iotHubs: { name: string }[]) => (clients: Clients) => {
    const getService = clients.control.getService.bind(clients.control);
    return {
      ...clients,
      control: Object.assign(clients.control, {
        getService: async (options: object) => {
          const found = await getService(options);
          return { ...found, properties: { ...found.properties, iotHubs } };
        },
      }),
    };
  };
  assert.deepEqual(await report({}, withHubs([])), ['error NO_LINKED_HUB']);
  assert.deepEqual(await report({}, withHubs([{ name: 'localhost:1' }])), ['error HUB_UNREACHABLE']);
  // An emulator on the usual port of MQTT names its hubs without a port; its HTTPS port is not 443.
  assert.deepEqual(await report({}, withHubs([{ name: '127.0.0.1' }])), []);
  const elsewhere = planWith((plan) => {
    plan.enrollmentGroup.iotHubs = ['elsewhere.azure-devices.net'];
  });
  assert.deepEqual(await report({}, undefined, elsewhere), ['error HUB_NOT_LINKED']);
});

checks('the report is cut where one code is repeated, and shows no control characters', () => {
  const finding = (index: number) => ({
    code: 'X',
    severity: 'error' as const,
    message: `\u001b[31m${index}`,
    fix: 'y',
  });
  const text = reportText(
    [{ title: 'T', findings: Array.from({ length: 40 }, (_, index) => finding(index)) }],
    plainStyles,
  );
  assert.equal(text.match(/X: /g)!.length, 5);
  assert.match(text, /35 more/);
  assert.ok(!text.includes('\u001b'));
  assert.match(text, /40 errors, 0 warnings/);
});

checks.run();

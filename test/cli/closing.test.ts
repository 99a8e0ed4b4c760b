import assert from 'node:assert/strict';
import { test } from 'uvu';
import { closingReport } from '../../src/cli/quickstart/summary.js';
import { displayWidth } from '../../src/cli/terminal/text.js';
import { useLanguage } from '../../src/languages/language.js';
import type { QuickstartResult } from '../../src/quickstart/result.js';

const plain = (text: string) => text;
const style = { bold: plain, dim: plain, red: plain, green: plain, cyan: plain };

function resultOf(count: number, kind: 'emulator' | 'azure'): QuickstartResult {
  const certificate = (folder: string) => ({
    commonName: `A common name that is as long as one may be, sixty-four ${folder.slice(0, 4)}`,
    sha1Thumbprint: 'AB'.repeat(20),
    sha256Thumbprint: 'CD'.repeat(32),
    notAfter: '2036-11-24T00:00:00.000Z',
    certificate: `/home/me/certs/${folder}/certificate.pem`,
    chain: `/home/me/certs/${folder}/chain.pem`,
    key: `/home/me/certs/${folder}/key.pem`,
  });
  return {
    target: {
      kind,
      dpsName: 'contoso',
      idScope: '0ne0000ABCD',
      portalUrl: kind === 'azure' ? `https://portal.azure.com/#resource/${'x'.repeat(90)}` : null,
    },
    certificates: {
      root: certificate('ca/root'),
      intermediate: certificate('ca/intermediate'),
      uploadedName: 'enrollkit-root',
    },
    enrollmentGroup: {
      enrollmentGroupId: 'g'.repeat(128),
      attestation: { type: 'x509', x509: { caReferences: { primary: 'enrollkit-root' } } },
      allocationPolicy: 'hashed',
      iotHubs: ['a-rather-long-hub-name.azure-devices.net', 'another-long-hub-name.azure-devices.net'],
      provisioningStatus: 'enabled',
      reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
    },
    devices: Array.from({ length: count }, (_, index) => ({
      ...certificate(`devices/device-${index}`),
      registrationId: `device-${index}`.padEnd(64, 'x'),
      deviceId: `device-${index}`.padEnd(64, 'x'),
      assignedHub: 'a-rather-long-hub-name.azure-devices.net',
      status: 'assigned',
      pfx: `/home/me/certs/devices/device-${index}/device.pfx`,
    })),
    program: '/home/me/certs/EnrollmentGroup.py',
    steps: [],
    recording: '/home/me/certs/.enrollkit/runs/2026-11-24T00-00-00.000Z.json',
    elapsedMs: 1234,
  };
}

const options = { folder: 'certs', uploaded: 'root', program: 'enrollkit', style, columns: 200 } as const;

test('the closing report fits the terminal, and 80 columns at most, addresses and commands apart', () => {
  for (const [kind, provisioningStatus] of [
    ['emulator', 'enabled'],
    ['azure', 'enabled'],
    ['emulator', 'disabled'],
  ] as const) {
    const result = resultOf(3, kind);
    result.enrollmentGroup!.provisioningStatus = provisioningStatus;
    for (const [columns, most] of [
      [200, 80],
      [80, 80],
      [60, 60],
    ] as const) {
      const lines = closingReport(result, { ...options, columns }).split('\n');
      const prose = lines.filter((line) => !/https:|enrollkit |python3/.test(line));
      for (const line of prose) assert.ok(line.length <= most, line);
    }
  }
});

test('the lines of the chain fit in Chinese too, where a character takes two columns', async () => {
  await useLanguage('zh-CN');
  try {
    for (const columns of [80, 60]) {
      const lines = closingReport(resultOf(3, 'emulator'), { ...options, columns }).split('\n');
      const chain = lines.filter((line) => line.includes('有效期至'));
      assert.equal(chain.length, 5);
      for (const line of chain) assert.ok(displayWidth(line) <= columns, line);
    }
  } finally {
    await useLanguage('en');
  }
});

test('the chain is a tree, with the intermediate between', () => {
  const report = closingReport(resultOf(2, 'emulator'), options);
  assert.match(report, /\n {2}A common name.*\n {2}└─ A common.*\n {5}├─ device-0.*\n {5}└─ device-1/);
});

test('of many devices it lists a few and says how many more there are', () => {
  const report = closingReport(resultOf(1000, 'emulator'), options);
  assert.match(report, /and 992 more/);
  assert.ok(report.split('\n').length < 60);
});

test('on Azure it names the portal’s page of the group, whole', () => {
  const result = resultOf(1, 'azure');
  assert.ok(closingReport(result, options).includes(result.target.portalUrl!));
});

test('of individual enrollments it shows what they share; self-signed certificates have no issuers', () => {
  const result = resultOf(2, 'emulator');
  const enrollments = result.devices.map(({ registrationId }, index) => ({
    registrationId,
    attestation: {
      type: 'x509',
      x509: { clientCertificates: { primary: { info: { subjectName: `CN=only-of-${index}` } } } },
    },
  }));
  const certificates = { root: null, intermediate: null, uploadedName: null };
  const reportOf = (count: number) =>
    closingReport(
      {
        ...result,
        certificates,
        enrollmentGroup: undefined,
        enrollments: enrollments.slice(0, count),
      } as never,
      options,
    );
  assert.match(reportOf(1), /CN=only-of-0/);
  assert.doesNotMatch(reportOf(2), /only-of/);
  assert.doesNotMatch(reportOf(1), /issuers/);
  assert.match(closingReport(result, options), /issuers/);
});

test('of IoT Edge gateways it names the CA certificate for the devices behind them', () => {
  const result = resultOf(1, 'emulator');
  assert.doesNotMatch(closingReport(result, options), /edge-ca/);
  result.devices[0]!.registrationId = 'device-0';
  result.enrollmentGroup!.capabilities = { iotEdge: true };
  assert.match(closingReport(result, options), /devices\/device-0\/edge-ca\/certificate\.pem/);
});

test('what to do next names the folder where it is not the usual one', () => {
  const report = closingReport(resultOf(1, 'emulator'), { ...options, folder: 'my certs' });
  assert.ok(report.includes(`enrollkit clean --dir 'my certs'`));
  assert.ok(report.includes(`enrollkit emulator start --dir 'my certs/.enrollkit'`));
  assert.ok(!closingReport(resultOf(1, 'emulator'), options).includes('--dir'));
});

test.run();

/** Every command that changes something, as scripts/kill-points.ts and test/cli/kill-points.test.ts kill it. */

import { sampleLanguageNames } from '../../src/samples/samples.js';

export interface Scenario {
  name: string;
  /** What is run before, undisturbed. */
  before: string[][];
  argv: string[];
  env?: Record<string, string>;
  /** The commands are those of kill-programs.mjs. */
  program?: true;
}

/**
 * Commands without a scenario, by the reason: they only read; they send one request to a running emulator, which keeps
 * nothing of it on disk; or they write one file in the same way as another.
 */
export const withoutScenario: Readonly<
  Record<'reads' | 'of a running emulator' | 'outside of the folder' | 'as sample edge', readonly string[]>
> = {
  reads: [
    'runs',
    'runs compare',
    'doctor',
    'explain',
    'completion',
    'group list',
    'group show',
    'group devices',
    'enrollment list',
    'enrollment show',
    'registration show',
    'ca list',
    'dps list',
    'dps show',
    'hub list',
    'namespace list',
    'namespace show',
    'authority list',
    'authority show',
    'policy list',
    'policy show',
    'cert inspect',
    'cert tree',
    'cert fingerprint',
    'cert needs-renewal',
    'cert verify',
    'cert lint',
    'emulator status',
    'emulator logs',
    'emulator messages',
    'emulator env',
  ],
  'of a running emulator': ['emulator stop', 'emulator clock', 'emulator faults'],
  'as sample edge': sampleLanguageNames.map((language) => `sample ${language}`),
  // Each store is changed by one program of the system; test/cli/emulator-trust.test.ts interrupts them. A certificate
  // authority is activated by one request.
  'outside of the folder': ['emulator trust', 'emulator untrust', 'authority activate'],
};

/** Whether a scenario kills a command. @param name as in `src/cli/command-table.ts` */
export function kills({ argv }: Scenario, name: string): boolean {
  return `${argv.join(' ')} `.startsWith(`${name} `);
}

export const passphrase = 'correct horse';
/** Keys and `device.pfx` are encrypted, which takes time; without it, they are not. */
const withPassphrase = { ENROLLKIT_PASSPHRASE: passphrase };

export const quickstart = ['quickstart', '--yes', '--target', 'emulator', '--count', '2'];
const withCsr = ['device', 'register', 'device-001', '--csr'];
const individually = [...quickstart, '--enrollment', 'individual'];
const rollover = ['cert', 'rollover', 'root', '--group', 'enrollkit-devices'];
const ofIntermediate = [
  '--ca',
  'certs/ca/intermediate/chain.pem',
  '--ca-key',
  'certs/ca/intermediate/key.pem',
];
const ofLine = ['--ca', 'certs/ca/line/chain.pem', '--ca-key', 'certs/ca/line/key.pem'];
/** root > intermediate > line, with a device below line. */
const deepChain = [
  quickstart,
  ['cert', 'intermediate', 'Line CA', '--path-length', '0', ...ofIntermediate, '--out', 'certs/ca/line'],
  ['cert', 'device', 'device-9', ...ofLine, '--out', 'certs/devices/device-9'],
];
const intermediateRollover = ['cert', 'rollover', 'intermediate'];
const authority = ['certgen', 'create_root_and_intermediate', '--dir', 'ca'];
const edgeAuthority = [...authority, '--edge'];
const upload = ['ca', 'upload', 'certs/ca/intermediate/certificate.pem', '--ca-name', 'second'];
const groupCreate = ['group', 'create', 'second-group'];
const deviceFolder = 'certs/devices/device-001';
const device = `${deviceFolder}/certificate.pem`;
const pfx = ['cert', 'pfx', device, '--out', `${deviceFolder}/other.pfx`];
const request = ['cert', 'csr', 'device-9', '--out', 'request'];
const code = '106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288';
const issue = (format: string, out: string) => [
  'fleet',
  'issue',
  '--pattern',
  'sensor-{01..04}',
  '--format',
  format,
  '--out',
  out,
];
const lines = issue('ndjson', 'fleet.ndjson');
const shard = (number: number) => [...issue('ndjson', `part-${number}`), '--shard', `${number}/2`];
const enroll = ['fleet', 'enroll', 'fleet.ndjson', '--target', 'emulator', '--quiet'];
const ownCa = ['cert', 'root', 'Plant CA', '--out', 'plant'];
const givenCa = ['--ca', 'plant/certificate.pem', '--ca-key', 'plant/key.pem'];
const selfSigned = ['enrollment', 'create', 'device-9', '--self-signed'];
const inPlant = ['--resource-group', 'plant', '--location', 'westeurope'];
const secondService = ['dps', 'create', 'second', ...inPlant];
const namespace = ['namespace', 'create', 'line-5', '--resource-group', 'enrollkit'];
const inNamespace = ['--namespace', 'line-5'];
const rootAuthority = ['authority', 'create', 'root', ...inNamespace, '--type', 'Root'];
const issuingAuthority = ['authority', 'create', 'issuing', ...inNamespace, '--issuer-ca-name', 'root'];
const policy = ['policy', 'create', 'short', ...inNamespace, '--ca-name', 'issuing'];
const linkNamespace = ['namespace', 'link', 'line-5'];
const secondHub = ['hub', 'create', 'hub-2', ...inPlant];
const register = ['fleet', 'register', 'fleet.ndjson', '--target', 'emulator', '--quiet'];

export const scenarios: readonly Scenario[] = [
  { name: 'quickstart', before: [], argv: quickstart },
  { name: 'quickstart with a passphrase', before: [], argv: quickstart, env: withPassphrase },
  { name: 'clean', before: [quickstart], argv: ['clean', '--yes'] },
  { name: 'clean --certificates', before: [quickstart], argv: ['clean', '--certificates', '--yes'] },
  { name: 'cert rollover root', before: [quickstart], argv: rollover },
  {
    name: 'cert rollover root --reissue',
    before: [quickstart, rollover],
    argv: ['cert', 'rollover', 'root', '--reissue', '--new-key'],
  },
  {
    name: 'cert rollover root --finish',
    before: [quickstart, rollover, ['cert', 'rollover', 'root', '--reissue']],
    argv: ['cert', 'rollover', 'root', '--finish'],
  },
  { name: 'cert rollover intermediate', before: [quickstart], argv: intermediateRollover },
  {
    name: 'cert rollover intermediate --reissue',
    before: [quickstart, intermediateRollover],
    argv: [...intermediateRollover, '--reissue'],
  },
  { name: 'cert rollover root of a deep chain', before: deepChain, argv: rollover },
  {
    name: 'cert rollover root of a deep chain --reissue',
    before: [...deepChain, rollover],
    argv: ['cert', 'rollover', 'root', '--reissue', '--new-key'],
  },
  { name: 'cert root', before: [], argv: ['cert', 'root', 'Plant CA'] },
  { name: 'cert intermediate', before: [quickstart], argv: ['cert', 'intermediate', 'Line 5 CA'] },
  { name: 'cert device', before: [quickstart], argv: ['cert', 'device', 'device-9'] },
  { name: 'cert edge', before: [quickstart], argv: ['cert', 'edge', 'gateway-1'] },
  { name: 'cert server', before: [quickstart], argv: ['cert', 'server', 'localhost', '--dns', 'localhost'] },
  { name: 'cert self-signed', before: [], argv: ['cert', 'self-signed', 'device-9'] },
  {
    name: 'cert verification',
    before: [quickstart],
    argv: ['cert', 'verification', code, '--out', 'proof/verification.pem'],
  },
  { name: 'cert csr', before: [], argv: ['cert', 'csr', 'device-9', '--out', 'new/request'] },
  {
    name: 'cert sign',
    before: [quickstart, request],
    argv: ['cert', 'sign', 'request/request.pem', '--out', 'signed/chain.pem'],
  },
  { name: 'cert renew', before: [quickstart], argv: ['cert', 'renew', device, '--out', 'new'] },
  { name: 'cert renew --force', before: [quickstart], argv: ['cert', 'renew', device, '--force'] },
  {
    name: 'cert renew --new-key with a device.pfx',
    before: [quickstart],
    argv: ['cert', 'renew', device, '--force', '--new-key'],
    env: withPassphrase,
  },
  {
    name: 'cert renew of a root',
    before: [['cert', 'root', 'Plant CA']],
    argv: ['cert', 'renew', 'Plant-CA/certificate.pem', '--force', '--new-key'],
  },
  { name: 'cert bundle', before: [quickstart], argv: ['cert', 'bundle', device, '--out', 'new/bundle.pem'] },
  { name: 'cert pfx', before: [quickstart], argv: pfx, env: withPassphrase },
  {
    name: 'cert convert',
    before: [quickstart, ['cert', 'pfx', device, '--out', 'a.pfx']],
    argv: ['cert', 'convert', 'a.pfx', '--out', 'new/c.pem', '--key-out', 'keys/k.pem'],
    env: withPassphrase,
  },
  { name: 'certgen create_root_and_intermediate', before: [], argv: authority, env: withPassphrase },
  {
    name: 'certgen create_root_and_intermediate --force',
    before: [authority],
    argv: [...authority, '--force'],
    env: withPassphrase,
  },
  ...[
    'create_device_certificate device-9',
    'create_device_certificate_from_intermediate device-9',
    'create_edge_device_certificate gateway-1',
    `create_verification_certificate ${code}`,
  ].map((command) => certgen(command, authority)),
  ...[
    'create_edge_device_ca_certificate gateway-1',
    'create_edge_device_identity_certificate gateway-1',
    'create_edge_server_certificate localhost',
  ].map((command) => certgen(`${command} --edge`, edgeAuthority)),
  {
    name: 'certgen install_root_ca_from_files --edge',
    before: [['cert', 'root', 'Plant CA', '--out', 'plant']],
    argv: [
      ...['certgen', 'install_root_ca_from_files', 'plant/certificate.pem', 'plant/key.pem'],
      ...['--edge', '--dir', 'ca'],
    ],
    env: withPassphrase,
  },
  { name: 'fleet issue, ndjson', before: [quickstart], argv: lines },
  { name: 'fleet issue, dir', before: [quickstart], argv: issue('dir', 'fleet') },
  { name: 'fleet issue, tar', before: [quickstart], argv: issue('tar', 'fleet.tar') },
  {
    name: 'fleet merge',
    before: [quickstart, shard(1), shard(2)],
    argv: ['fleet', 'merge', 'part-1.manifest.csv', 'part-2.manifest.csv', '--out', 'all.csv'],
  },
  { name: 'fleet enroll', before: [quickstart, lines], argv: enroll },
  {
    name: 'fleet enroll --update',
    before: [quickstart, lines, enroll],
    argv: [...enroll, '--update', '--provisioning-status', 'disabled'],
  },
  { name: 'fleet register', before: [quickstart, lines], argv: [...register, '--protocol', 'https'] },
  { name: 'fleet register --telemetry', before: [quickstart, lines], argv: [...register, '--telemetry'] },
  {
    name: 'fleet deregister',
    before: [quickstart, lines, enroll, register],
    argv: ['fleet', 'deregister', 'fleet.ndjson', '--enrollments', '--hub-devices', '--quiet', '--yes'],
  },
  { name: 'ca upload', before: [quickstart], argv: upload },
  { name: 'ca verify', before: [quickstart, upload], argv: ['ca', 'verify', 'second'] },
  { name: 'ca delete', before: [quickstart, upload], argv: ['ca', 'delete', 'second', '--yes'] },
  { name: 'group create', before: [quickstart], argv: groupCreate },
  {
    name: 'group delete',
    before: [quickstart, groupCreate],
    argv: ['group', 'delete', 'second-group', '--yes'],
  },
  { name: 'ca code', before: [quickstart, upload], argv: ['ca', 'code', 'second'] },
  { name: 'enrollment create --self-signed', before: [quickstart], argv: selfSigned },
  {
    name: 'enrollment create --csr',
    before: [quickstart, request],
    argv: ['enrollment', 'create', 'device-9', '--csr', 'request/request.pem'],
  },
  {
    name: 'enrollment create --symmetric-key',
    before: [quickstart],
    argv: ['enrollment', 'create', 'device-9', '--symmetric-key'],
  },
  { name: 'enrollment create', before: [quickstart], argv: ['enrollment', 'create', 'device-001'] },
  {
    name: 'enrollment create --update --self-signed',
    before: [quickstart, ['enrollment', 'create', 'device-9', '--symmetric-key']],
    argv: [...selfSigned, '--update', '--provisioning-status', 'disabled'],
  },
  {
    name: 'enrollment delete',
    before: [quickstart, selfSigned],
    argv: ['enrollment', 'delete', 'device-9', '--yes'],
  },
  {
    name: 'registration delete',
    before: [quickstart],
    argv: ['registration', 'delete', 'device-001', '--yes'],
  },
  { name: 'device register', before: [quickstart, selfSigned], argv: ['device', 'register', 'device-9'] },
  { name: 'device register --csr', before: [quickstart], argv: withCsr },
  { name: 'device renew', before: [quickstart, withCsr], argv: ['device', 'renew', 'device-001'] },
  // Each run of it is a new message, also after a kill.
  { name: 'device send', before: [quickstart], argv: ['device', 'send', 'device-001'] },
  {
    name: 'sample edge config',
    before: [quickstart, ['cert', 'device', 'gateway-1'], ['cert', 'edge', 'gateway-1']],
    argv: ['sample', 'edge', 'config', '--out', 'config.toml'],
  },
  { name: 'device block', before: [quickstart], argv: ['device', 'block', 'device-001'] },
  {
    name: 'device unblock',
    before: [quickstart, ['device', 'block', 'device-001']],
    argv: ['device', 'unblock', 'device-001'],
  },
  {
    name: 'device run',
    before: [quickstart],
    // Each run sends new messages; of several devices, a killed run has sent those of some.
    argv: ['device', 'run', 'device-001', '--count', '1', '--interval', '100ms'],
  },
  {
    name: 'device send --message-id',
    before: [quickstart],
    argv: ['device', 'send', 'device-001', '--message-id', 'reading-17'],
  },
  { name: 'namespace create', before: [quickstart], argv: namespace },
  { name: 'namespace link', before: [quickstart, namespace], argv: linkNamespace },
  {
    name: 'namespace unlink',
    before: [quickstart, namespace, linkNamespace],
    argv: ['namespace', 'unlink', 'line-5', '--yes'],
  },
  {
    name: 'namespace delete',
    before: [quickstart, namespace],
    argv: ['namespace', 'delete', 'line-5', '--yes'],
  },
  { name: 'authority create', before: [quickstart, namespace, rootAuthority], argv: issuingAuthority },
  {
    name: 'authority delete',
    before: [quickstart, namespace, rootAuthority],
    argv: ['authority', 'delete', 'root', ...inNamespace, '--yes'],
  },
  { name: 'policy create', before: [quickstart, namespace, rootAuthority, issuingAuthority], argv: policy },
  {
    name: 'policy delete',
    before: [quickstart, namespace, rootAuthority, issuingAuthority, policy],
    argv: ['policy', 'delete', 'short', ...inNamespace, '--ca-name', 'issuing', '--yes'],
  },
  { name: 'dps create', before: [quickstart], argv: secondService },
  { name: 'dps create in a new folder', before: [], argv: secondService },
  { name: 'dps delete', before: [quickstart, secondService], argv: ['dps', 'delete', 'second', '--yes'] },
  { name: 'hub create', before: [quickstart], argv: secondHub },
  { name: 'hub delete', before: [quickstart, secondHub], argv: ['hub', 'delete', 'hub-2', '--yes'] },
  { name: 'hub link', before: [quickstart, secondHub], argv: ['hub', 'link', 'hub-2'] },
  {
    name: 'hub unlink',
    before: [quickstart, secondHub, ['hub', 'link', 'hub-2']],
    argv: ['hub', 'unlink', 'hub-2', '--yes'],
  },
  { name: 'quickstart --ca', before: [ownCa], argv: [...quickstart, ...givenCa] },
  {
    name: 'quickstart, individual enrollments, self-signed',
    before: [],
    argv: [...individually, '--device-certificates', 'selfSigned'],
  },
  {
    name: 'quickstart --csr',
    before: [request],
    argv: [...individually.slice(0, 4), '--enrollment', 'individual', '--csr', 'request/request.pem'],
  },
  {
    name: 'quickstart --request-certificates',
    before: [],
    argv: [...individually, '--request-certificates'],
  },
  {
    name: 'clean of individual enrollments',
    before: [[...individually, '--request-certificates']],
    argv: ['clean', '--certificates', '--yes'],
  },
  { name: 'quickstart --create', before: [], argv: ['quickstart --create'], program: true },
  {
    name: 'clean of what --create made',
    before: [['quickstart --create']],
    argv: ['clean --certificates'],
    program: true,
  },
  { name: 'emulator reset', before: [quickstart], argv: ['emulator', 'reset'] },
  {
    name: 'emulator reset --new-identity',
    before: [quickstart],
    argv: ['emulator', 'reset', '--new-identity'],
  },
  {
    name: 'emulator start --seed',
    before: [['seed file']],
    argv: ['emulator start --seed'],
    program: true,
  },
  {
    name: 'replay',
    before: [quickstart],
    argv: ['replay', 'certs', '--dir', 'again', '--check'],
  },
  { name: 'report', before: [quickstart], argv: ['report'] },
];

function certgen(command: string, before: string[]): Scenario {
  return {
    name: `certgen ${command.replace(code, 'CODE')}`,
    before: [before],
    argv: ['certgen', ...command.split(' '), '--dir', 'ca'],
    env: withPassphrase,
  };
}

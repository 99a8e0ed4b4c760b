/** Every command that writes into a folder or a file refuses while another process does, and changes nothing. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { sha256OfFile } from '../../src/workspace/digest.js';
import { takeLock } from '../../src/workspace/lock.js';
import { runIn, temporaryRoot } from '../support/working-folder.js';

const inUse = suite('folder in use');
const folder = join(temporaryRoot(), 'folder');

inUse.before(async () => {
  mkdirSync(folder);
  const before = [
    'quickstart --yes --count 1',
    'cert csr device-9 --out request',
    'fleet issue --pattern s-{1..2} --format ndjson --out fleet.ndjson',
    'fleet register fleet.ndjson --protocol https --quiet',
    'fleet enroll fleet.ndjson --quiet',
  ];
  for (const line of before) {
    const { status, stderr } = await runIn(folder, line.split(' '));
    assert.equal(status, 0, `${line}: ${stderr}`);
  }
});

const code = '106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288';
const certgen = [
  'create_root_and_intermediate',
  'create_device_certificate d',
  'create_device_certificate_from_intermediate d',
  'create_edge_device_certificate d',
  `create_verification_certificate ${code}`,
  'create_edge_device_ca_certificate d --edge',
  'create_edge_device_identity_certificate d --edge',
  'create_edge_server_certificate d --edge',
];
const device = 'certs/devices/device-001/certificate.pem';

/** Commands, by the lock that another process has. */
const commands: Record<string, readonly string[]> = {
  [join('certs', '.enrollkit', 'lock')]: [
    'quickstart --yes --count 1',
    'quickstart --yes --count 3',
    'clean --yes',
    'clean --yes --certificates',
    'cert rollover root',
    'cert rollover intermediate',
    'cert rollover root --reissue',
    'cert rollover root --finish',
    'cert intermediate Line-5 --out certs/ca/line',
    'cert device device-9',
    'cert edge gateway-1',
    `cert renew ${device} --force`,
    `cert pfx ${device} --out certs/devices/device-001/other.pfx --empty-passphrase`,
    `cert bundle ${device} --out certs/bundle.pem`,
    'enrollment create device-9 --self-signed',
    'enrollment create device-9 --csr request/request.pem',
  ],
  [join('new', '.enrollkit', 'lock')]: [
    'cert root Plant --out new',
    'cert csr device-9 --out new',
    'cert self-signed device-9 --out new',
    'cert server localhost --out new',
    `cert renew ${device} --out new`,
    'cert sign request/request.pem --out new/chain.pem',
    `cert verification ${code} --out new/verification.pem`,
    `cert convert ${device} --out new/certificate.der`,
  ],
  [join('ca', '.certgen', 'lock')]: certgen.map((command) => `certgen ${command} --dir ca`),
  'new.ndjson.lock': ['fleet issue --pattern s-{1..2} --format ndjson --out new.ndjson'],
  'all.csv.lock': ['fleet merge fleet.ndjson.manifest.csv --out all.csv'],
  'fleet.ndjson.registrations.ndjson.lock': [
    'fleet register fleet.ndjson --protocol https',
    'fleet deregister fleet.ndjson --yes',
  ],
  'fleet.ndjson.enrollments.ndjson.lock': [
    'fleet enroll fleet.ndjson',
    'fleet deregister fleet.ndjson --yes --enrollments',
  ],
};

for (const [lock, lines] of Object.entries(commands)) {
  for (const line of lines) {
    inUse(line, async () => {
      const release = takeLock(join(folder, lock));
      const before = contentsOf(folder);
      const env: Record<string, string> = line.startsWith('certgen')
        ? { ENROLLKIT_PASSPHRASE: 'correct horse' }
        : {};
      try {
        const { status, stdout } = await withoutWaiting(() =>
          runIn(folder, [...line.split(' '), '--json'], env),
        );
        const { error } = JSON.parse(stdout);
        assert.deepEqual([status, error.code, error.context?.pid], [9, 'FOLDER_IN_USE', process.pid], stdout);
        assert.ok(Date.parse(error.context.since) <= Date.now());
        assert.deepEqual(contentsOf(folder), before);
      } finally {
        release();
      }
    });
  }
}

/** Files with their digests. An emulator that was started for the command writes its own state. */
function contentsOf(folder: string): string[] {
  const isState = (name: string) => /\.enrollkit[/\\]emulator/.test(name);
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => !isState(name))
    .map((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? name : `${name} ${sha256OfFile(path)}`;
    })
    .sort();
}

/** Commands that write single files wait two seconds for each other; here, the clock advances instead. */
async function withoutWaiting<Result>(act: () => Promise<Result>): Promise<Result> {
  const { wait } = Atomics;
  const { now } = Date;
  let skipped = 0;
  Date.now = () => now() + skipped;
  Atomics.wait = ((_array, _index, _value, milliseconds = 0) => {
    skipped += milliseconds;
    return 'timed-out';
  }) as typeof Atomics.wait;
  try {
    return await act();
  } finally {
    Atomics.wait = wait;
    Date.now = now;
  }
}

inUse.run();

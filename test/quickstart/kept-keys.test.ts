/** A run never replaces a private key: whatever is missing or damaged beside it, it restores that, or refuses. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { Journal } from '../../src/workspace/journal.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { OwnFiles } from '../../src/workspace/own-files.js';
import { contentsOf } from '../support/folders.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';
import '../support/quick-key-derivation.js';
import { generatedKeys } from '../support/generated-keys.js';

const plan = planWith((one) => {
  one.enrollmentGroup.iotEdge = true;
  one.devices.sendTelemetry = false;
});

const strangerKey = generatedKeys('ec', { namedCurve: 'prime256v1' }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
}) as string;

const places = ['ca/root', 'ca/intermediate', 'devices/device-001', 'devices/device-001/edge-ca'];

interface Damage {
  what: string;
  /** Given the folder of the certificate, and one of another certificate. */
  damage: (at: (name: string) => string, other: (name: string) => string) => void;
  /** The code of the refusal; left out when the run restores what was there. */
  refused?: string;
}

const damages: Damage[] = [
  { what: 'certificate.pem missing', damage: (at) => rmSync(at('certificate.pem')) },
  { what: 'certificate.pem empty', damage: (at) => writeFileSync(at('certificate.pem'), '') },
  { what: 'chain.pem missing', damage: (at) => rmSync(at('chain.pem')) },
  { what: 'chain.pem empty', damage: (at) => writeFileSync(at('chain.pem'), '\n') },
  {
    what: 'certificate.pem and chain.pem missing',
    damage: (at) => {
      rmSync(at('certificate.pem'));
      rmSync(at('chain.pem'));
    },
    refused: 'FILE_EXISTS',
  },
  {
    what: 'certificate.pem and chain.pem missing, key.pem empty',
    damage: (at) => {
      rmSync(at('certificate.pem'));
      rmSync(at('chain.pem'));
      writeFileSync(at('key.pem'), '');
    },
    refused: 'FILE_EXISTS',
  },
  {
    what: 'certificate.pem empty, chain.pem missing',
    damage: (at) => {
      writeFileSync(at('certificate.pem'), '');
      rmSync(at('chain.pem'));
    },
    refused: 'INVALID_CERTIFICATE',
  },
  {
    what: 'certificate.pem garbage',
    damage: (at) => writeFileSync(at('certificate.pem'), 'garbage\n'),
    refused: 'INVALID_CERTIFICATE',
  },
  {
    what: 'certificate.pem missing, chain.pem garbage',
    damage: (at) => {
      rmSync(at('certificate.pem'));
      writeFileSync(at('chain.pem'), 'garbage\n');
    },
    refused: 'INVALID_CERTIFICATE',
  },
  {
    what: 'chain.pem garbage',
    damage: (at) => writeFileSync(at('chain.pem'), 'garbage\n'),
    refused: 'INVALID_CERTIFICATE',
  },
  {
    what: 'chain.pem of another certificate',
    damage: (at, other) => cpSync(other('chain.pem'), at('chain.pem')),
    refused: 'CHAIN_INVALID',
  },
  {
    what: 'chain.pem without its last certificate',
    damage: (at) => shorten(at('chain.pem'), lastCertificate),
  },
  { what: 'chain.pem cut off', damage: (at) => shorten(at('chain.pem'), (text) => text.length - 100) },
  { what: 'chain.pem cut off at its beginning', damage: (at) => shorten(at('chain.pem'), () => 100) },
  {
    what: 'certificate.pem missing, chain.pem without its last certificate, unless that is the only one',
    damage: (at) => {
      shorten(at('chain.pem'), (text) => lastCertificate(text) || text.length);
      rmSync(at('certificate.pem'));
    },
  },
  {
    what: 'certificate.pem missing, chain.pem cut off',
    damage: (at) => {
      shorten(at('chain.pem'), (text) => text.length - 100);
      rmSync(at('certificate.pem'));
    },
    refused: 'INVALID_CERTIFICATE',
  },
  {
    what: 'chain.pem with a certificate that issued none of it',
    damage: (at, other) =>
      appendFileSync(at('chain.pem'), readFileSync(other('../../devices/device-001/certificate.pem'))),
    refused: 'CHAIN_INVALID',
  },
  {
    what: 'certificate.pem missing, chain.pem of another certificate',
    damage: (at, other) => {
      rmSync(at('certificate.pem'));
      cpSync(other('chain.pem'), at('chain.pem'));
    },
    refused: 'any',
  },
  {
    what: 'certificate.pem missing, key.pem of a stranger',
    damage: (at) => {
      rmSync(at('certificate.pem'));
      writeFileSync(at('key.pem'), strangerKey);
    },
    refused: 'KEY_MISMATCH',
  },
  {
    what: 'key.pem of a stranger',
    damage: (at) => writeFileSync(at('key.pem'), strangerKey),
    refused: 'KEY_MISMATCH',
  },
  { what: 'key.pem missing', damage: (at) => rmSync(at('key.pem')), refused: 'FILE_UNREADABLE' },
  {
    what: 'key.pem and certificate.pem missing',
    damage: (at) => {
      rmSync(at('key.pem'));
      rmSync(at('certificate.pem'));
    },
    refused: 'FILE_UNREADABLE',
  },
  { what: 'key.pem empty', damage: (at) => writeFileSync(at('key.pem'), ''), refused: 'INVALID_KEY' },
  {
    what: 'key.pem garbage, certificate.pem missing',
    damage: (at) => {
      rmSync(at('certificate.pem'));
      writeFileSync(at('key.pem'), 'garbage\n');
    },
    refused: 'INVALID_KEY',
  },
];

function shorten(path: string, end: (text: string) => number): void {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.slice(0, end(text)));
}

const lastCertificate = (text: string) => text.lastIndexOf('-----BEGIN');

/** Runs on a damaged copy of the folder, and gives back what is in it before and after. */
async function onDamaged(
  world: World,
  intact: string,
  damage: () => void,
  more: Parameters<World['run']>[1] = {},
  damagedPlan = plan,
): Promise<{ before: Record<string, string>; after: Record<string, string>; error?: any; sent: string[] }> {
  rmSync(world.folder, { recursive: true, force: true });
  cpSync(intact, world.folder, { recursive: true });
  damage();
  const before = contentsOf(world.folder);
  world.requests.length = 0;
  const error = await world.run(damagedPlan, more).then(
    () => undefined,
    (thrown) => thrown,
  );
  const sent = world.requests.filter(({ method }) => method !== 'GET').map(({ url }) => url);
  return { before, after: contentsOf(world.folder), error, sent };
}

for (const place of places) {
  test(`${place}: what is missing is restored, and no key is replaced whatever is damaged`, () =>
    inWorld(async (world) => {
      await world.run(plan);
      const intact = `${world.folder}.intact`;
      renameSync(world.folder, intact);
      const whole = contentsOf(intact);
      const other = place.startsWith('ca/') ? 'devices/device-001' : 'ca/root';
      for (const { what, damage, refused } of damages) {
        const at = (name: string) => join(world.folder, place, name);
        const { before, after, error, sent } = await onDamaged(world, intact, () =>
          damage(at, (name) => join(world.folder, other, name)),
        );
        assert.deepEqual(sent, [], what);
        if (refused === undefined) {
          assert.equal(error, undefined, `${what}: ${error}`);
          for (const [name, text] of Object.entries(whole)) {
            if (!name.startsWith('.enrollkit')) assert.equal(after[name], text, `${what}: ${name}`);
          }
          continue;
        }
        assert.ok(error, `${what}: it is not refused`);
        if (refused !== 'any') assert.equal(error.code, refused, `${what}: ${error}`);
        assert.ok(error.message.includes(join(world.folder, place)), `${what}: ${error}`);
        assert.match(error.next, /\w/);
        assert.deepEqual(after, before, what);
      }
    }));
}

test('an encrypted key: the passphrase tells whether a certificate is restored', () =>
  inWorld(async (world) => {
    const encrypted = planWith((one) => {
      one.certificates.encryptKeys = true;
      one.devices.sendTelemetry = false;
    });
    await world.run(encrypted, { passphrase: 'correct horse' });
    const intact = `${world.folder}.intact`;
    renameSync(world.folder, intact);
    for (const place of ['ca/root', 'devices/device-001']) {
      const damage = () => rmSync(join(world.folder, place, 'certificate.pem'));
      const attempt = (passphrase?: string) => onDamaged(world, intact, damage, { passphrase }, encrypted);
      for (const [passphrase, code] of [
        [undefined, 'PASSPHRASE_REQUIRED'],
        ['battery staple', 'WRONG_PASSPHRASE'],
      ] as const) {
        const { before, after, error } = await attempt(passphrase);
        assert.equal(error?.code, code);
        assert.deepEqual(after, before);
      }
      const { after, error } = await attempt('correct horse');
      assert.equal(error, undefined);
      const name = `${place}/certificate.pem`;
      assert.equal(after[name], contentsOf(intact)[name]);
    }
  }));

test('a PKCS#12 file is made again when it is missing, and refused when it is damaged or of another device', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const intact = `${world.folder}.intact`;
    renameSync(world.folder, intact);
    const at = (name: string) => join(world.folder, 'devices/device-001', name);
    const pem = ['certificate.pem', 'chain.pem', 'key.pem'];
    for (const [what, damage] of [
      ['missing', () => rmSync(at('device.pfx'))],
      ['empty', () => writeFileSync(at('device.pfx'), '')],
    ] as const) {
      const { after, error } = await onDamaged(world, intact, damage);
      assert.equal(error, undefined, what);
      assert.ok(statSync(at('device.pfx')).size > 1000, what);
      for (const name of pem) {
        assert.equal(after[`devices/device-001/${name}`], contentsOf(intact)[`devices/device-001/${name}`]);
      }
    }
    const alone = await onDamaged(world, intact, () => {
      for (const name of pem) rmSync(at(name));
    });
    assert.equal(alone.error?.code, 'FILE_EXISTS');
    assert.match(alone.error.message, /device\.pfx/);
    assert.deepEqual(alone.after, alone.before);
    const whole = readFileSync(join(intact, 'devices/device-001/device.pfx'));
    const flipped = Buffer.from(whole);
    flipped[flipped.length >> 1]! ^= 1;
    const pfxOf = (place: string) =>
      createPfx({
        certificate: readFileSync(join(intact, place, 'certificate.pem')),
        privateKey: createPrivateKey(readFileSync(join(intact, place, 'key.pem'))),
        chain: [],
        friendlyName: 'made by something else',
        passphrase: '',
      });
    for (const [what, contents, code] of [
      ['garbage', 'garbage', 'INVALID_PFX'],
      ['cut off', whole.subarray(0, -100), 'INVALID_PFX'],
      ['one bit changed', flipped, 'WRONG_PASSPHRASE'],
      ['of another key', await pfxOf('devices/device-001/edge-ca'), 'KEY_MISMATCH'],
    ] as const) {
      const { before, after, error, sent } = await onDamaged(world, intact, () =>
        writeFileSync(at('device.pfx'), contents),
      );
      assert.equal(error?.code, code, `${what}: ${error}`);
      assert.ok(error.message.includes(at('device.pfx')) && error.next.includes(at('device.pfx')), what);
      assert.deepEqual(sent, [], what);
      assert.deepEqual(after, before, what);
    }
    const own = await pfxOf('devices/device-001');
    const { error } = await onDamaged(world, intact, () => writeFileSync(at('device.pfx'), own));
    assert.equal(error, undefined);
    assert.deepEqual(readFileSync(at('device.pfx')), own);
  }));

test('the key of a certificate request stays, and the run says how its certificate is made', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const two = planWith((one) => {
      one.devices.sendTelemetry = false;
      one.devices.registrationIds = ['device-001', 'device-004'];
    });
    const folder = join(world.folder, 'devices/device-004');
    mkdirSync(folder);
    writeFileSync(join(folder, 'key.pem'), strangerKey, { mode: 0o600 });
    writeFileSync(join(folder, 'request.pem'), 'a request');
    const before = contentsOf(world.folder);
    world.requests.length = 0;
    await assert.rejects(world.run(two), (error: any) => {
      assert.equal(error.code, 'FILE_EXISTS');
      assert.match(error.message, /device-004\/key\.pem/);
      assert.match(error.next, /enrollkit cert sign .*device-004\/request\.pem --out .*certificate\.pem/);
      return true;
    });
    assert.deepEqual(contentsOf(world.folder), before);
    assert.deepEqual(world.requests, []);
  }));

test('a CA that is gone is not replaced beside what it has signed', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const intact = `${world.folder}.intact`;
    renameSync(world.folder, intact);
    for (const gone of [['ca/root'], ['ca/intermediate'], ['ca']]) {
      const { before, after, error, sent } = await onDamaged(world, intact, () => {
        for (const name of gone) rmSync(join(world.folder, name), { recursive: true });
      });
      assert.equal(error?.code, 'FILE_EXISTS', gone.join());
      assert.deepEqual(after, before);
      assert.deepEqual(sent, []);
    }
  }));

test('killed after any file, a run goes on, and no key that was written is replaced', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const journal = readFileSync(layoutOf(world.folder).journal, 'utf8').trimEnd().split('\n');
    const records = journal.map((line) => JSON.parse(line));
    const cuts = records.flatMap(({ event, thing }, index) =>
      event === 'intended' && thing.kind === 'file' && thing.path.endsWith('.pem') ? [index] : [],
    );
    assert.ok(cuts.length >= 12, `${cuts.length} files`);
    for (const cut of cuts) {
      await inWorld(async (other) => {
        // As it is after the file was written, and before the journal says so.
        const kept = records.slice(0, cut + 1).filter(({ thing }) => thing?.kind === 'file');
        for (const { thing } of kept) {
          const to = join(other.folder, thing.path);
          mkdirSync(dirname(to), { recursive: true });
          cpSync(join(world.folder, thing.path), to);
        }
        const lines = kept.map((record) => `${JSON.stringify(record)}\n`);
        writeFileSync(layoutOf(other.folder).journal, lines.join(''));
        const before = contentsOf(other.folder);
        const where = records[cut].thing.path;
        const result = await other.run(plan).catch((error) => assert.fail(`${where}: ${error}`));
        const after = contentsOf(other.folder);
        for (const name of Object.keys(before).filter((one) => one.endsWith('.pem'))) {
          if (!name.startsWith('proof-of-possession'))
            assert.equal(after[name], before[name], `${where}: ${name}`);
        }
        for (const place of places) {
          const read = (name: string) => readFileSync(join(other.folder, place, name));
          assert.ok(
            new X509Certificate(read('certificate.pem')).checkPrivateKey(createPrivateKey(read('key.pem'))),
            `${where}: ${place}`,
          );
        }
        assert.equal(result.devices[0]!.status, 'assigned');
      });
    }
  }));

test('the key that an interrupted run left is used for the certificate, unless the plan changed', () =>
  inWorld(async (world) => {
    const layout = layoutOf(world.folder);
    const files = new OwnFiles(
      layout,
      Journal.open(layout.journal, () => new Date()),
    );
    files.create(layout.root.key, strangerKey, 0o600);
    await assert.rejects(
      world.run(
        planWith((one) => {
          one.certificates.keyAlgorithm = 'ec-p384';
        }),
      ),
      (error: any) => error.code === 'FILE_EXISTS' && /ec-p384/.test(error.message),
    );
    await assert.rejects(
      world.run(
        planWith((one) => {
          one.certificates.encryptKeys = true;
        }),
        { passphrase: 'secret' },
      ),
      (error: any) => error.code === 'FILE_EXISTS' && /not encrypted/.test(error.message),
    );
    const result = await world.run(plan);
    assert.equal(readFileSync(layout.root.key, 'utf8'), strangerKey);
    assert.ok(
      new X509Certificate(readFileSync(result.certificates.root!.certificate)).publicKey.equals(
        createPublicKey(strangerKey),
      ),
    );
  }));

if (process.platform !== 'win32') {
  test('nothing is written through a symbolic link, and nothing is sent before it is found', () =>
    inWorld(async (world) => {
      await world.run(plan);
      const intact = `${world.folder}.intact`;
      renameSync(world.folder, intact);
      const outside = `${world.folder}.outside`;
      mkdirSync(outside);
      const victim = join(outside, 'victim.txt');
      writeFileSync(victim, 'mine');
      const more = planWith((one) => {
        one.devices.sendTelemetry = false;
        one.devices.registrationIds = ['device-001', 'device-002'];
      });
      const at = (name: string) => join(world.folder, name);
      const linked: [what: string, damage: () => void][] = [
        ['the folder of a new device', () => symlinkSync(outside, at('devices/device-002'))],
        ['a dangling link in its place', () => symlinkSync(join(outside, 'new'), at('devices/device-002'))],
        [
          'a file of a new device',
          () => {
            mkdirSync(at('devices/device-002'));
            symlinkSync(victim, at('devices/device-002/key.pem'));
          },
        ],
        [
          'a link to a file that is not there',
          () => {
            mkdirSync(at('devices/device-002'));
            symlinkSync(join(outside, 'new.pem'), at('devices/device-002/certificate.pem'));
          },
        ],
        [
          'the folder of all devices',
          () => {
            renameSync(at('devices'), join(outside, 'devices'));
            symlinkSync(join(outside, 'devices'), at('devices'));
          },
        ],
        [
          'the state',
          () => {
            renameSync(at('.enrollkit'), join(outside, 'state'));
            symlinkSync(join(outside, 'state'), at('.enrollkit'));
          },
        ],
        [
          'the plan',
          () => {
            rmSync(at('.enrollkit/plan.json'));
            symlinkSync(victim, at('.enrollkit/plan.json'));
          },
        ],
        [
          'the journal',
          () => {
            renameSync(at('.enrollkit/journal.ndjson'), join(outside, 'journal'));
            symlinkSync(join(outside, 'journal'), at('.enrollkit/journal.ndjson'));
          },
        ],
        [
          'the answer to the verification code',
          () => {
            rmSync(at('proof-of-possession/certificate.pem'));
            symlinkSync(victim, at('proof-of-possession/certificate.pem'));
          },
        ],
      ];
      for (const [what, damage] of linked) {
        rmSync(outside, { recursive: true });
        mkdirSync(outside);
        writeFileSync(victim, 'mine');
        let before: Record<string, string> = {};
        const { error, sent, ...folder } = await onDamaged(
          world,
          intact,
          () => {
            damage();
            before = contentsOf(outside);
          },
          {},
          more,
        );
        assert.equal(
          error?.code,
          what === 'a file of a new device' ? error?.code : 'FILE_UNWRITABLE',
          `${what}: ${error}`,
        );
        assert.match(error.message, /symbolic link|has no certificate/, what);
        assert.deepEqual(contentsOf(outside), before, what);
        assert.deepEqual(folder.after, folder.before, what);
        assert.deepEqual(sent, [], what);
      }
    }));

  test('a certificate folder may itself be a link, and what is linked in it may be read', () =>
    inWorld(async (world) => {
      const real = `${world.folder}.real`;
      mkdirSync(real);
      symlinkSync(real, world.folder);
      await world.run(plan);
      // A CA that is kept elsewhere.
      renameSync(join(real, 'ca'), `${real}-ca`);
      symlinkSync(`${real}-ca`, join(real, 'ca'));
      const before = contentsOf(real);
      await world.run(plan);
      assert.deepEqual(contentsOf(real), before);
    }));
}

test('a program that was changed by hand stays, and the result says so', () =>
  inWorld(async (world) => {
    const first = await world.run(plan);
    assert.equal(first.programKept, undefined);
    const changed = `${readFileSync(first.program!, 'utf8')}print("mine")\n`;
    writeFileSync(first.program!, changed);
    const second = await world.run(
      planWith((one) => {
        one.devices.sendTelemetry = false;
        one.enrollmentGroup.iotEdge = true;
        one.enrollmentGroup.provisioningStatus = 'disabled';
      }),
    );
    assert.equal(second.programKept, true);
    assert.equal(readFileSync(first.program!, 'utf8'), changed);
  }));

test.run();

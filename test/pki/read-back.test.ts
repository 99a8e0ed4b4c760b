/** What cannot be read back is not written, and what was there stays. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { writeFiles } from '../../src/cli/input/write-files.js';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { sequence, tlv } from '../../src/pki/der/write.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { assertReadsBack } from '../../src/pki/read-back.js';
import { makeChain } from '../support/chains.js';
import { fails } from '../support/fails.js';
import { raw } from '../support/raw-certificates.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import '../support/quick-key-derivation.js';

const { root, device } = await makeChain();
const key = await privateKeyToPem(device.privateKey);
const encrypted = await privateKeyToPem(device.privateKey, 'secret');
const pfx = await createPfx({
  certificate: device.pem,
  privateKey: device.privateKey,
  chain: [],
  friendlyName: 'd',
  passphrase: '',
});
/** A five-digit year, as a date past 9999 once was written. */
const broken = raw({
  name: 'd',
  validity: sequence(tlv(0x17, Buffer.from('260101000000Z')), tlv(0x18, Buffer.from('10026010100000Z'))),
});
const refused = fails('INTERNAL', /nothing was written/);

test('what is whole is read back', () => {
  assertReadsBack([
    { contents: key },
    { contents: device.pem + root.pem },
    { contents: pfx, passphrase: '' },
  ]);
  assertReadsBack([{ contents: encrypted, passphrase: 'secret' }, { contents: device.pem }]);
  assertReadsBack([{ contents: encrypted }, { contents: device.pem }]);
});

test('what is broken, or does not belong together, is found', () => {
  const cut = Buffer.from(pfx);
  cut[cut.length - 40]! ^= 1;
  for (const files of [
    [{ contents: broken.pem }],
    [{ contents: key }, { contents: root.pem }],
    [{ contents: encrypted, passphrase: 'other' }, { contents: device.pem }],
    [{ contents: encrypted, passphrase: 'secret' }, { contents: root.pem }],
    [{ contents: cut, passphrase: '' }],
    [{ contents: key.replace('MIG', 'MIH') }],
  ]) {
    assert.throws(() => assertReadsBack(files), refused);
  }
});

test('a good file is not replaced by a broken one', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, 'certificate.pem');
    writeFileSync(path, device.pem);
    const files = [
      { path: join(folder, 'new.pem'), contents: root.pem, mode: 0o644 },
      { path, contents: broken.pem, mode: 0o644 },
    ];
    assert.throws(() => writeFiles(files, true), refused);
    assert.equal(readFileSync(path, 'utf8'), device.pem);
    assert.deepEqual(readdirSync(folder), ['certificate.pem']);
  }));

test.run();

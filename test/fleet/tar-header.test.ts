/** Archives are, octet by octet, what tar-stream writes of the same files. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { test } from 'uvu';
import type { MadeDevice } from '../../src/fleet/devices/device.js';
import { DeviceFiles } from '../../src/fleet/formats/device-files.js';
import { tar } from '../../src/fleet/formats/tar.js';

const setup = {
  issuersPem: '-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n',
  validity: { notBefore: '2026-03-04T05:06:07Z', notAfter: '2027-03-04T05:06:07Z' },
  folder: undefined,
  worker: 0,
  encryption: undefined,
};

/** With names of every length, also such as no header has room for, and contents of every size modulo a block. */
const devices = [1, 13, 84, 85, 86, 99, 100, 101, 145, 156, 180].flatMap((length, index) =>
  [0, 1, 7, 48, 400].map((size): MadeDevice => {
    const pfx = index % 2 === 0 ? {} : { pfx: randomBytes(index * 100) };
    const names = { serialNumber: '', sha1Thumbprint: '', sha256Thumbprint: '', subjectRest: '', tags: [] };
    const registrationId = `${'d'.repeat(Math.max(1, length - 3))}${length < 4 ? '' : `:`}`;
    return {
      registrationId,
      certificate: randomBytes(size * 3 + index),
      privateKeyInfo: randomBytes(138),
      ...names,
      ...pfx,
    };
  }),
);

test('of devices with any names, with a PKCS#12 file and without', async () => {
  const [writer, files, expected] = [tar.writer(setup), new DeviceFiles(setup), pack()];
  const mtime = new Date(setup.validity.notBefore);
  writer.begin(undefined);
  for (const device of devices) {
    await writer.add(device);
    const folder = device.registrationId.replace(':', '%3A');
    expected.entry({ name: `${folder}/`, type: 'directory', mode: 0o700, mtime });
    for (const { name, mode, contents } of files.of(device)) {
      expected.entry({ name: `${folder}/${name}`, mode, mtime }, Buffer.from(contents));
    }
  }
  expected.finalize();
  const written = Buffer.concat([await writer.finish(), tar.trailer!]);
  assert.ok(written.equals(await buffer(expected)));
});

test.run();

/**
 * The limit: a process that makes the keys and the signatures alone, or RSA keys alone, or keys, signatures and
 * files of devices, on some threads. Prints its processor time.
 *
 *     node limit.mjs ec|rsa|files THREADS DEVICES [FOLDER]
 */
import { createECDH, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const loops = {
  ec: (count) => repeat(count, keyAndSignature()),
  rsa: (count) => repeat(count, () => generateKeyPairSync('rsa', { modulusLength: 2048 })),
  files(count, folder, number) {
    const sizes = { 'key.pem': 241, 'chain.pem': 1900, 'certificate.pem': 620 };
    const contents = Object.entries(sizes).map(([name, size]) => [name, Buffer.alloc(size, 'x')]);
    const makeKey = keyAndSignature();
    return repeat(count, (index) => {
      makeKey();
      const device = `${folder}/device-${number}-${index}`;
      mkdirSync(device);
      for (const [name, bytes] of contents) writeFileSync(`${device}/${name}`, bytes);
    });
  },
};

/** Returns a function that makes a key and a signature. */
function keyAndSignature() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const toBeSigned = randomBytes(400);
  // One object for all keys: making an object costs as much as the key.
  const ecdh = createECDH('prime256v1');
  return () => {
    ecdh.generateKeys();
    sign('sha256', toBeSigned, privateKey);
  };
}

function repeat(count, act) {
  for (let index = 0; index < count; index += 1) act(index);
}

if (isMainThread) {
  const [what, threads, devices, folder] = process.argv.slice(2);
  if (folder) mkdirSync(folder, { recursive: true });
  await Promise.all(
    Array.from({ length: Number(threads) }, (_, number) => {
      const count = Math.round(Number(devices) / Number(threads));
      const worker = new Worker(new URL(import.meta.url), { workerData: { what, count, folder, number } });
      return new Promise((ended, failed) => worker.on('message', ended).on('error', failed));
    }),
  );
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6 }));
} else {
  const { what, count, folder, number } = workerData;
  loops[what](count, folder, number);
  parentPort.postMessage('done');
}

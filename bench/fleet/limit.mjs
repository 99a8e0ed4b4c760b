/**
 * The limit: the time that the platform takes for the keys and the signatures alone, for RSA keys alone, or for writing
 * the files of devices alone, on some threads.
 *
 *     node limit.mjs ec|rsa|files THREADS DEVICES [FOLDER]
 */
import { createECDH, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Seconds of a loop, without its preparation. */
const loops = {
  ec(count) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const toBeSigned = randomBytes(400);
    // One object for all keys: making an object costs as much as the key.
    const ecdh = createECDH('prime256v1');
    return timed(count, () => {
      ecdh.generateKeys();
      sign('sha256', toBeSigned, privateKey);
    });
  },
  rsa: (count) => timed(count, () => generateKeyPairSync('rsa', { modulusLength: 2048 })),
  files(count, folder, number) {
    const sizes = { 'key.pem': 241, 'chain.pem': 1900, 'certificate.pem': 620 };
    const contents = Object.entries(sizes).map(([name, size]) => [name, Buffer.alloc(size, 'x')]);
    return timed(count, (index) => {
      const device = `${folder}/device-${number}-${index}`;
      mkdirSync(device);
      for (const [name, bytes] of contents) writeFileSync(`${device}/${name}`, bytes);
    });
  },
};

function timed(count, act) {
  const started = process.hrtime.bigint();
  for (let index = 0; index < count; index += 1) act(index);
  return Number(process.hrtime.bigint() - started) / 1e9;
}

if (isMainThread) {
  const [what, threads, devices, folder] = process.argv.slice(2);
  if (folder) mkdirSync(folder, { recursive: true });
  const cpuBefore = process.cpuUsage();
  const seconds = await Promise.all(
    Array.from({ length: Number(threads) }, (_, number) => {
      const count = Math.round(Number(devices) / Number(threads));
      const worker = new Worker(new URL(import.meta.url), { workerData: { what, count, folder, number } });
      return new Promise((ended, failed) => worker.on('message', ended).on('error', failed));
    }),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  console.log(JSON.stringify({ seconds: Math.max(...seconds), cpuSeconds: (user + system) / 1e6 }));
} else {
  const { what, count, folder, number } = workerData;
  parentPort.postMessage(loops[what](count, folder, number));
}

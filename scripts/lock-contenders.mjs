/**
 * 200 contenders for one lock at the same time: 20 threads in each of 10 processes, since a lock is also between the
 * parts of one process. `node scripts/lock-contenders.mjs`, after `npm run build`; in
 * JavaScript, since 200 threads would each load the loader of TypeScript.
 *
 * First, each tries once, and the one that gets the lock keeps it until all others were refused. Then each goes on until
 * it has had the lock. Whoever has it creates a file that must not exist; whoever is refused must be told a process and
 * a time.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const [processes, threads] = [10, 20];
const self = fileURLToPath(import.meta.url);
const { takeLock } = await import('../build/workspace/lock.js');

if (!isMainThread) {
  parentPort.on('message', (round) => parentPort.postMessage(contend(round)));
  parentPort.postMessage('ready');
} else if (process.send) runThreads();
else await runProcesses();

/**
 * @param keepMs how long the lock is kept
 * @param until when those that were refused stop trying again
 */
function contend({ folder, keepMs, until }) {
  const counts = { holders: 0, twoHolders: 0, refusals: 0, unnamed: 0 };
  const witness = join(folder, 'witness');
  do {
    let release;
    try {
      release = takeLock(join(folder, 'lock'));
    } catch (error) {
      const { code, context } = error;
      if (code !== 'FOLDER_IN_USE') throw error;
      counts.refusals += 1;
      if (!(context.pid > 0 && Date.parse(context.since) <= Date.now())) counts.unnamed += 1;
      continue;
    }
    try {
      closeSync(openSync(witness, 'wx'));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, keepMs);
      rmSync(witness);
    } catch {
      counts.twoHolders += 1;
    }
    counts.holders += 1;
    release();
  } while (counts.holders === 0 && Date.now() < until);
  return counts;
}

function runThreads() {
  const workers = Array.from({ length: threads }, () => new Worker(self, { workerData }));
  const answers = [];
  for (const worker of workers) {
    worker.on('message', (answer) => {
      if (answers.push(answer) === threads) process.send(answers.splice(0));
    });
  }
  process.on('message', (round) => {
    for (const worker of workers) worker.postMessage(round);
  });
}

async function runProcesses() {
  const folder = mkdtempSync(join(tmpdir(), 'enrollkit-contenders-'));
  const children = Array.from({ length: processes }, () => fork(self));
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const once200 = await round(children, { folder, keepMs: 5000, until: 0 });
    console.log('each tries once:', once200);
    const untilAll = await round(children, { folder, keepMs: 0, until: Date.now() + 300_000 });
    console.log('each tries until it has had the lock:', untilAll);
    const left = readdirSync(folder);
    if (left.length > 0) console.log(`left: ${left.join(', ')}`);
    const all = processes * threads;
    const isRight =
      once200.holders >= 1 && once200.holders + once200.refusals === all && untilAll.holders === all;
    const isSafe = [once200, untilAll].every(({ twoHolders, unnamed }) => twoHolders + unnamed === 0);
    process.exitCode = isRight && isSafe && left.length === 0 ? 0 : 1;
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true });
  }
}

async function round(children, order) {
  const answers = Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) child.send(order);
  const sum = { holders: 0, twoHolders: 0, refusals: 0, unnamed: 0 };
  for (const counts of (await answers).flatMap(([answer]) => answer)) {
    for (const name of Object.keys(sum)) sum[name] += counts[name];
  }
  return sum;
}

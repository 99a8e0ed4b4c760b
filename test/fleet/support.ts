/** Fleets for tests: a CA on disk, the command, and its outputs read back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { extract } from 'tar-stream';
import { pemBlocks } from '../../src/pki/containers/pem.js';
import { type Answer, run } from '../cli/in-process.js';
import { bin } from '../support/bin.js';
import { make } from '../support/chains.js';

/** A certificate folder with root and intermediate, as a quickstart leaves it. */
export async function makeCertificateFolder(folder: string): Promise<string> {
  const root = await make('root', 'Fleet Root');
  const intermediate = await make('intermediate', 'Fleet Intermediate', root);
  const pems: [string, Record<string, string>][] = [
    ['root', { 'certificate.pem': root.pem, 'key.pem': pemOf(root.privateKey) }],
    [
      'intermediate',
      {
        'certificate.pem': intermediate.pem,
        'chain.pem': intermediate.pem + root.pem,
        'key.pem': pemOf(intermediate.privateKey),
      },
    ],
  ];
  for (const [name, files] of pems) {
    mkdirSync(join(folder, 'ca', name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, 'ca', name, file), text);
  }
  return folder;
}

const pemOf = (key: { export(options: { format: 'pem'; type: 'pkcs8' }): unknown }) =>
  key.export({ format: 'pem', type: 'pkcs8' }) as string;

export const rootOf = (certs: string) => join(certs, 'ca', 'root', 'certificate.pem');

export function fleetIssue(cwd: string, ...flags: string[]): Promise<Answer> {
  return run(['fleet', 'issue', ...flags], { cwd });
}

/** Runs it, and kills it with SIGKILL as soon as `isTime`; tells whether it was killed before it ended. */
export function killedWhen(cwd: string, flags: string[], isTime: () => boolean): Promise<boolean> {
  return new Promise((ended, failed) => {
    const child = spawn(process.execPath, [bin, 'fleet', 'issue', ...flags], { cwd, stdio: 'ignore' });
    child.on('error', failed);
    child.on('close', (_status, signal) => ended(signal === 'SIGKILL'));
    const out = join(cwd, flags[flags.indexOf('--out') + 1]!);
    workUntil(child, out, isTime).then(() => child.kill('SIGKILL'), failed);
  });
}

/** A pause is longer than the time between two commits of a run. */
const pauseMs = 260;
/** The manifest's lines of one batch: what a run adds before its next commit is possible. */
const batchBytes = 15_000;

/**
 * Pauses a run after every batch that it writes: it commits by the clock, and a fast machine would finish before its
 * second commit.
 *
 * @param out the fleet's `--out`
 * @param isTime asked while the run is paused
 * @returns once it is time, with the run still paused, or once the run has ended
 */
export async function workUntil(child: ChildProcess, out: string, isTime: () => boolean): Promise<void> {
  const written = () => sizeOf(`${out}.manifest.csv`);
  for (let before = written(); child.exitCode === null && child.signalCode === null; await delay(2)) {
    if (written() - before < batchBytes) continue;
    child.kill('SIGSTOP');
    if (isTime()) return;
    await delay(pauseMs);
    before = written();
    child.kill('SIGCONT');
  }
}

export const sizeOf = (path: string) => (existsSync(path) ? statSync(path).size : 0);

export interface Device {
  registrationId: string;
  certificate: string;
  chain: string;
  privateKey: string;
}

export type Format = 'dir' | 'ndjson' | 'tar';

/** The devices of an output, in its order; folders in the order of their names. */
export async function devicesOf(format: Format, out: string): Promise<Device[]> {
  if (format === 'ndjson') {
    const text = readFileSync(out, 'utf8');
    if (!text.endsWith('\n')) throw new Error('half a line');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
  const files = format === 'dir' ? filesOfFolder(out) : await filesOfTar(out);
  const devices = new Map<string, Record<string, string>>();
  for (const [path, text] of files) {
    const [folder, name] = path.split('/') as [string, string];
    const id = decodeURIComponent(folder);
    devices.set(id, { ...devices.get(id), [name]: text });
  }
  return [...devices].map(([registrationId, all]) => {
    const { 'certificate.pem': certificate, 'chain.pem': chain, 'key.pem': privateKey, ...others } = all;
    if (!certificate || !chain || !privateKey) throw new Error(`${registrationId} lacks a file`);
    const unexpected = Object.keys(others).filter((name) => name !== 'device.pfx');
    if (unexpected.length > 0) throw new Error(`${registrationId} has ${unexpected}`);
    return { registrationId, certificate, chain, privateKey };
  });
}

function filesOfFolder(folder: string): [string, string][] {
  return readdirSync(folder).flatMap((device) =>
    readdirSync(join(folder, device)).map((name): [string, string] => [
      `${device}/${name}`,
      readFileSync(join(folder, device, name), 'latin1'),
    ]),
  );
}

async function filesOfTar(path: string): Promise<[string, string][]> {
  const files: [string, string][] = [];
  const archive = extract();
  archive.end(readFileSync(path));
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.type === 'file')
      files.push([entry.header.name, Buffer.concat(chunks).toString('latin1')]);
  }
  return files;
}

export function manifestOf(path: string): Record<string, string>[] {
  return parse(readFileSync(path), { columns: true });
}

/** The last octets of an EC key's PKCS#8 are those of its public key (RFC 5915), which its certificate has too. */
function publicHalfOf(privateKey: string): Buffer | undefined {
  const { der } = pemBlocks(privateKey)[0]!;
  const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex');
  return der.includes(ecPublicKey) ? der.subarray(-64) : undefined;
}

/** Throws unless the output holds just these devices, each whole, as the manifest says, no key or serial twice. */
export async function assertWhole(
  format: Format,
  out: string,
  ids: readonly string[],
  manifest = `${out}.manifest.csv`,
): Promise<void> {
  const rows = manifestOf(manifest);
  const devices = new Map((await devicesOf(format, out)).map((device) => [device.registrationId, device]));
  const same = (one: readonly unknown[], other: readonly unknown[], what: string) => {
    if (JSON.stringify(one) !== JSON.stringify(other))
      throw new Error(`${what}: ${one.length}, ${other.length}`);
  };
  same(
    rows.map(({ registrationId }) => registrationId),
    ids,
    'the manifest',
  );
  same([...devices.keys()].sort(), [...ids].sort(), 'the devices');
  const serials = new Set<string>();
  const keys = new Set<string>();
  for (const row of rows) {
    const { certificate, chain, privateKey } = devices.get(row.registrationId!)!;
    const parsed = new X509Certificate(certificate);
    const publicHalf = publicHalfOf(privateKey);
    // Reading each key with node would take most of the time of these tests.
    const isSample = publicHalf === undefined || serials.size % 50 === 0;
    const isOwn =
      (publicHalf === undefined || parsed.raw.includes(publicHalf)) &&
      (!isSample || parsed.checkPrivateKey(createPrivateKey(privateKey)));
    if (!isOwn) throw new Error(`${row.registrationId} has another key`);
    if (!chain.startsWith(certificate)) throw new Error(`${row.registrationId} has another chain`);
    const digest = (name: string) => createHash(name).update(parsed.raw).digest('hex').toUpperCase();
    same(
      [row.subject, row.serialNumber, row.sha1Thumbprint, row.sha256Thumbprint],
      [
        parsed.subject.split('\n').reverse().join(', '),
        parsed.serialNumber,
        digest('sha1'),
        digest('sha256'),
      ],
      `the row of ${row.registrationId}`,
    );
    serials.add(parsed.serialNumber);
    keys.add(privateKey);
  }
  if (serials.size !== ids.length || keys.size !== ids.length)
    throw new Error('a serial number or a key twice');
}

export const numbered = (prefix: string, first: number, last: number, width = 0) =>
  Array.from({ length: last - first + 1 }, (_, index) => prefix + String(first + index).padStart(width, '0'));

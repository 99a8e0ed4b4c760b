/** What a command left: equal for two runs that ended the same way, although keys, numbers and times differ. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, parse } from 'node:path';
import { readMaterial } from '../../src/cli/input/material.js';
import { passphrase } from './kill-scenarios.js';
import './quick-key-derivation.js';

/** Files with their modes, what belongs to what, and what the emulator has; a line each. */
export async function summaryOf(folder: string): Promise<string> {
  const names = readdirSync(folder, { recursive: true }) as string[];
  const certificates = new Certificates(folder, names);
  const lines = names.flatMap((name) => {
    const stat = lstatSync(join(folder, name));
    if (isEmulatorState(name)) {
      const database = name.replace(/\.db-(wal|shm|journal)$/, '.db');
      // SQLite may keep its other files when a connection is closed; without their database, they are left over.
      const isExpected = name !== database && names.includes(database);
      return database.endsWith('.db') && !isExpected ? [withoutNumber(name)] : [];
    }
    const mode = stat.isDirectory() ? 'folder' : (stat.mode & 0o777).toString(8);
    return [`${plain(name)} ${mode}`, ...contentsOf(folder, name)];
  });
  lines.push(...certificates.lines());
  for (const name of names) {
    if (name.endsWith('.pfx')) lines.push(await pfxLine(join(folder, name), plain(name), certificates));
    if (/(^|[/\\])emulator[/\\]state[^/\\]*\.db$/.test(name))
      lines.push(...emulatorContents(join(folder, name), certificates));
  }
  // How many recordings there are depends on where the first run was killed.
  return [...new Set(lines)].sort().join('\n');
}

/** The certificates of a folder: who signed whom, and which one a thumbprint is of. */
class Certificates {
  readonly #all: { name: string; certificate: X509Certificate }[];

  constructor(folder: string, names: readonly string[]) {
    this.#all = names
      .filter((name) => /certificate\.pem$/.test(name))
      .sort()
      .map((name) => ({
        name: plain(name),
        certificate: new X509Certificate(readFileSync(join(folder, name))),
      }));
  }

  lines(): string[] {
    return this.#all.map(({ name, certificate }) => {
      const signers = this.#all.filter((one) => certificate.verify(one.certificate.publicKey));
      return `${name} signed by: ${[...new Set(signers.map((one) => one.name))].join(' ')}`;
    });
  }

  /** Replaces thumbprints by the names of the certificates, and all else that differs from run to run. */
  named(text: string): string {
    return text
      .replace(/[0-9A-Fa-f]{64}/g, (digits) => this.#nameOf(digits, 'fingerprint256'))
      .replace(/\b[0-9A-Fa-f]{40}\b/g, (digits) => this.#nameOf(digits, 'fingerprint'));
  }

  nameOf(certificate: X509Certificate): string {
    return this.#nameOf(certificate.fingerprint256.replaceAll(':', ''), 'fingerprint256');
  }

  #nameOf(digits: string, which: 'fingerprint' | 'fingerprint256'): string {
    const isIt = ({ certificate }: { certificate: X509Certificate }) =>
      certificate[which].replaceAll(':', '') === digits.toUpperCase();
    return `<${this.#all.find(isIt)?.name ?? 'none in the folder'}>`;
  }
}

async function pfxLine(path: string, name: string, certificates: Certificates): Promise<string> {
  const { certificates: read, privateKey } = await readMaterial(path).catch(() =>
    readMaterial(path, { passphrase }),
  );
  const certificate = new X509Certificate(read[0]!.der);
  const isKey = privateKey !== undefined && certificate.checkPrivateKey(privateKey);
  return `${name} has: ${certificates.nameOf(certificate)}, its key: ${isKey}`;
}

function contentsOf(folder: string, name: string): string[] {
  const path = join(folder, name);
  if (/certificate\.pem$/.test(name)) return certificateLines(path, plain(name));
  if (/(\.cert|chain)\.pem$/.test(name)) return certgenLines(path, plain(name));
  if (name.endsWith('.ndjson')) return ndjsonLines(path, plain(name));
  if (name.endsWith('.csv')) return [`${name}: ${idsOf(readFileSync(path, 'utf8'))}`];
  if (name.endsWith('.tar')) return [`${name}: ${namesInTar(readFileSync(path)).join(' ')}`];
  return [];
}

function certificateLines(path: string, name: string): string[] {
  const beside = (other: string) => join(dirname(path), other);
  const certificate = new X509Certificate(readFileSync(path));
  const lines: string[] = [];
  if (existsSync(beside('key.pem')) && !name.startsWith('proof-of-possession')) {
    lines.push(`${name} its key: ${isKeyOf(certificate, beside('key.pem'))}`);
  }
  if (existsSync(beside('chain.pem'))) {
    const first = new X509Certificate(readFileSync(beside('chain.pem')));
    lines.push(`${name} its chain: ${first.raw.equals(certificate.raw)}`);
  }
  return lines;
}

/** `certs/NAME.cert.pem` has its key in `private/NAME.key.pem`. */
function certgenLines(path: string, name: string): string[] {
  const key = path.replace(/certs([/\\][^/\\]*)\.cert\.pem$/, 'private$1.key.pem');
  if (key === path || !existsSync(key)) return [];
  return [`${name} its key: ${isKeyOf(new X509Certificate(readFileSync(path)), key)}`];
}

function isKeyOf(certificate: X509Certificate, path: string): boolean {
  return certificate.checkPrivateKey(createPrivateKey({ key: readFileSync(path), passphrase }));
}

/** Devices with their keys, results, and what the journal has at its end. */
function ndjsonLines(path: string, name: string): string[] {
  const records = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const counts = new Map<string, number>();
  for (const { registrationId, status, telemetry, certificate, privateKey } of records) {
    if (registrationId === undefined) continue;
    const key =
      certificate === undefined
        ? ''
        : new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey));
    const line = [registrationId, status, telemetry, key].join(' ');
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${name}: ${count} of ${line}`);
}

function idsOf(csv: string): string {
  return csv
    .split('\n')
    .map((row) => row.split(',')[0])
    .join(' ');
}

function namesInTar(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    names.push(bytes.toString('ascii', at, bytes.indexOf(0, at)));
    const size = Number.parseInt(bytes.toString('ascii', at + 124, at + 135), 8);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return names;
}

function isEmulatorState(name: string): boolean {
  return /(^|[/\\])emulator[/\\]((state|hub|dps).*|.*\.log.*)$/.test(name);
}

/** Names without what differs from run to run. */
function plain(name: string): string {
  return name
    .replace(/\b(previous|replaced|former)-[0-9A-Za-z]+(-\d+)?/g, '$1-*')
    .replace(/(runs[/\\])[-\dTZ.]+(?=\.json)/, '$1*');
}

/** A CA that replaces another is uploaded under a name that ends in digits of its thumbprint. */
function withoutThumbprints(row: string): string {
  return row.replace(/-[0-9A-Fa-f]{8}(?=")/g, '-*');
}

/** What a client of the emulator could tell apart, but keys, times and numbers. */
const emulatorQueries: Record<string, string> = {
  provisioning_service: 'name_key',
  iot_hub: 'hub_id',
  resource_group: 'name, location',
  linked_hub: 'hub_id',
  certificate: 'name, verified, sha256',
  enrollment_group: "group_key, document ->> 'provisioningStatus'",
  enrollment_group_ca: 'group_key, slot, sha256',
  individual_enrollment:
    "registration_key, document ->> 'provisioningStatus', json_extract(document, '$.attestation.certificates[0].sha256')",
  registration: 'registration_id, group_id, device_id, hub_id IS NULL, status',
  hub_device: 'device_id, status, credential',
  registry_resource: 'path_key',
  hub_message: 'device_id',
};

function emulatorContents(path: string, certificates: Certificates): string[] {
  const Database = createRequire(import.meta.url)('libsql');
  const database = new Database(path);
  const file = withoutNumber(parse(path).base);
  try {
    return Object.entries(emulatorQueries).flatMap(([table, columns]) => {
      const rows = database.prepare(`SELECT count(*) AS count, ${columns} FROM ${table} GROUP BY ${columns}`);
      return (rows.all() as object[]).map(
        (row) =>
          `emulator: ${file} ${table} ${withoutKeys(certificates.named(withoutThumbprints(JSON.stringify(row))))}`,
      );
    });
  } finally {
    database.close();
  }
}

/** Which number a service or hub has depends on those that were deleted before. */
function withoutNumber(file: string): string {
  return file.replace(/\d+\.db/, '*.db');
}

function withoutKeys(row: string): string {
  return row.replace(/(symmetricKeys\\":)\[[^\]]*\]/g, '$1*');
}

/**
 * Processor time of validating chains and of issuing a fleet, beside another checkout of enrollkit that is built: in
 * alternating pairs.
 *
 *     npm run build && npx tsx bench/pairs.ts CHECKOUT [--pairs 15] [--devices 40000] [--chains 2000]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { authority, device, now } from '../test/support/raw-certificates.js';
import { compareInPairs } from './pair-ratios.js';
import { scratchFolder } from './scratch.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '15' },
    devices: { type: 'string', default: '40000' },
    chains: { type: 'string', default: '2000' },
  },
});
const [other] = positionals;
if (!other) {
  console.error('Usage: npx tsx bench/pairs.ts CHECKOUT [--pairs N] [--devices N] [--chains N]');
  process.exit(2);
}
const here = fileURLToPath(new URL('..', import.meta.url));
const pairs = Number(values.pairs);
const cpuTime = new URL('fleet/cpu-time.mjs', import.meta.url).href;
const validating = fileURLToPath(new URL('validate-chains.mjs', import.meta.url));
const folder = scratchFolder();

/** Seconds of processor time, as the process says on standard error. */
function seconds(...arguments_: string[]): number {
  const { status, stderr } = spawnSync(process.execPath, arguments_, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${arguments_.join(' ')}: ${stderr}`);
  return JSON.parse(/@cpu (.*)/.exec(stderr)![1]!).seconds;
}

/** The modules, not the bundle; where the validator is, now and at commit f3a1afc. */
function validator(checkout: string): string {
  const paths = ['build/pki/path/validate.js', 'dist/pki/validate.js'].map((path) => join(checkout, path));
  const path = paths.find(existsSync);
  if (!path) throw new Error(`${checkout} is not built`);
  return pathToFileURL(path).href;
}

function validate(checkout: string): number {
  return seconds(validating, validator(checkout), join(folder, 'chains.json'));
}

function issue(checkout: string): number {
  const devices = ['--count', values.devices, '--pattern', 'device-{000001..}'];
  const signer = ['--ca', 'ca.pem', '--ca-key', 'ca.key'];
  try {
    return seconds(
      '--import',
      cpuTime,
      join(checkout, 'dist', 'bin.js'),
      'fleet',
      'issue',
      ...devices,
      ...signer,
      '--quiet',
      '--out',
      'out',
    );
  } finally {
    for (const name of ['out', 'out.manifest.csv'])
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

try {
  const root = authority('Root');
  const intermediate = authority('Intermediate', root);
  const chains = Array.from({ length: Number(values.chains) }, (_, index) =>
    device(`device-${index}`, intermediate),
  );
  writeFileSync(
    join(folder, 'chains.json'),
    JSON.stringify({
      at: now,
      root: root.der.toString('base64'),
      intermediate: intermediate.der.toString('base64'),
      leaves: chains.map(({ der }) => der.toString('base64')),
    }),
  );
  execFileSync(
    'openssl',
    // biome-ignore format: one option and its value after the other
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '3650', '-subj', '/CN=Bench Root', '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', 'ca.key', '-out', 'ca.pem'],
    { cwd: folder, stdio: 'ignore' },
  );
  await compareInPairs(`validating ${chains.length} chains of three`, [here, other], pairs, validate);
  await compareInPairs(`issuing ${values.devices} devices`, [here, other], pairs, issue);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

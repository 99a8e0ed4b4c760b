/**
 * Verdicts a second on a chain of three EC P-256 certificates, DER in and verdict out, beside pkijs, openssl, and the
 * bare signature checks that such a verdict cannot do without, and these with reading the leaf. Then one verdict on certificates that are made to keep a
 * validator busy, beside the 1,024 signature checks that it may take at most. Rounds alternate, so that all have the same
 * machine; medians; ratios are what counts.
 *
 *     npm run bench:validate
 */
import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject, verify, webcrypto, X509Certificate } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Certificate, CertificateChainValidationEngine, CryptoEngine, setEngine } from 'pkijs';
import { forgedCopies, manyNames, mesh } from '../test/support/hostile-bags.js';
import { authority, device, now, type Raw } from '../test/support/raw-certificates.js';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

/** As it is installed: what tsx makes of the source has helpers in it that take time. */
const compiled = new URL('../build/pki/path/validate.js', import.meta.url).href;
const { validateChain } = (await import(compiled)) as typeof import('../src/pki/path/validate.js');
const { parseCertificate } = (await import(
  new URL('../build/pki/x509/certificate.js', import.meta.url).href
)) as typeof import('../src/pki/x509/certificate.js');

const report = new BenchReport('validate', 'npm run bench:validate');

const chainCount = 300;
const warmUps = 5;
const rounds = 15;

interface Chain {
  leaf: Raw;
  intermediate: Raw;
  root: Raw;
}

/** In a round, nothing comes twice; and there are more CAs than are remembered. */
const strangers: Chain[] = Array.from({ length: chainCount }, (_, index) => {
  const root = authority(`Root ${index}`);
  const intermediate = authority(`Intermediate ${index}`, root);
  return { leaf: device(`device-${index}`, intermediate), intermediate, root };
});

/** As a fleet is: one authority for all devices, whose keys need be read once only. */
const fleet: Chain[] = strangers.map((_, index) => {
  const { root, intermediate } = strangers[0]!;
  return { leaf: device(`device-${index}`, intermediate), intermediate, root };
});

async function enrollkit(chains: readonly Chain[]): Promise<void> {
  for (const { leaf, intermediate, root } of chains) {
    const request = { leaf: leaf.der, intermediates: [intermediate.der], trustAnchors: [root.der], at: now };
    const { valid } = await validateChain({ ...request, purpose: 'clientAuth' });
    if (!valid) throw new Error('enrollkit refused a good chain');
  }
}

interface Check {
  toBeSigned: Buffer;
  signature: Buffer;
  key: KeyObject;
  /** SubjectPublicKeyInfo. */
  keyDer: Buffer;
}

const checksOf = ({ leaf, intermediate, root }: Chain): Check[] =>
  [
    [leaf, intermediate],
    [intermediate, root],
  ].map(([certificate, issuer]) => {
    const { toBeSigned, signature } = parseCertificate(certificate!.der);
    const keyDer = parseCertificate(issuer!.der).publicKeyInfo.der;
    return { toBeSigned, signature, key: issuer!.keys.publicKey, keyDer };
  });
const strangersChecks = strangers.flatMap(checksOf);
const fleetChecks = fleet.flatMap(checksOf);

/** The two signature checks that no verdict can do without, and nothing else. */
function bare(checks: readonly Check[], keyOf: (check: Check) => KeyObject): void {
  for (const check of checks)
    if (!verify('sha256', check.toBeSigned, keyOf(check), check.signature))
      throw new Error('a signature is wrong');
}

/** The limit: the leaf is read, and two signatures are checked. */
function leafAndChecks(
  chains: readonly Chain[],
  checks: readonly Check[],
  keyOf: (check: Check) => KeyObject,
  read: (der: Buffer) => unknown = parseCertificate,
): void {
  for (const { leaf } of chains) read(leaf.der);
  bare(checks, keyOf);
}

setEngine('node', new CryptoEngine({ name: 'node', crypto: webcrypto as never }));

async function pkijs(chains: readonly Chain[]): Promise<void> {
  for (const { leaf, intermediate, root } of chains) {
    const [end, middle, anchor] = [leaf, intermediate, root].map(({ der }) => Certificate.fromBER(der));
    const engine = new CertificateChainValidationEngine({
      certs: [end!, middle!],
      trustedCerts: [anchor!],
      checkDate: now,
    });
    const { result } = await engine.verify();
    if (!result) throw new Error('pkijs refused a good chain');
  }
}

const readKey = ({ keyDer }: Check) => createPublicKey({ key: keyDer, format: 'der', type: 'spki' });
const readyKey = ({ key }: Check) => key;

interface Scenario {
  title: string;
  contenders: Record<string, () => Promise<void> | void>;
}

const scenarios: Scenario[] = [
  {
    title: 'a verdict: every chain with other CAs',
    contenders: {
      enrollkit: () => enrollkit(strangers),
      'leaf read, two signature checks, keys read from DER': () =>
        leafAndChecks(strangers, strangersChecks, readKey),
      'bare signature checks, keys read from DER': () => bare(strangersChecks, readKey),
      pkijs: () => pkijs(strangers),
    },
  },
  {
    title: 'a verdict: a fleet, below one intermediate',
    contenders: {
      enrollkit: () => enrollkit(fleet),
      'leaf read, two signature checks, keys ready': () => leafAndChecks(fleet, fleetChecks, readyKey),
      'leaf read by node:crypto, two signature checks, keys ready': () =>
        leafAndChecks(fleet, fleetChecks, readyKey, (der) => new X509Certificate(der)),
      'bare signature checks, keys ready': () => bare(fleetChecks, readyKey),
      'bare signature checks, keys read from DER': () => bare(fleetChecks, readKey),
      pkijs: () => pkijs(fleet),
    },
  },
];

/** One process for all leaves of the fleet; it reads root and intermediate once. Its start is subtracted. */
function opensslSeconds(folder: string): number {
  const write = (name: string, { pem }: Raw) => {
    writeFileSync(join(folder, name), pem);
    return name;
  };
  const { root, intermediate } = fleet[0]!;
  const options = ['-attime', String(now.getTime() / 1000), '-purpose', 'sslclient'];
  options.push('-CAfile', write('root.pem', root), '-untrusted', write('intermediate.pem', intermediate));
  const leaves = fleet.map(({ leaf }, index) => write(`${index}.pem`, leaf));
  const seconds = (files: string[]) => {
    const began = process.hrtime.bigint();
    execFileSync('openssl', ['verify', ...options, ...files], { cwd: folder });
    return Number(process.hrtime.bigint() - began) / 1e9;
  };
  const times = Array.from({ length: rounds }, () => seconds(leaves) - seconds(leaves.slice(0, 1)));
  return (median(times) * chainCount) / (chainCount - 1);
}

async function secondsOf({ contenders }: Pick<Scenario, 'contenders'>): Promise<Map<string, number>> {
  const times = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [name, act] of Object.entries(contenders)) {
      const began = process.hrtime.bigint();
      await act();
      if (round >= 0) times.get(name)!.push(Number(process.hrtime.bigint() - began) / 1e9);
    }
  }
  return new Map([...times].map(([name, seconds]) => [name, median(seconds)]));
}

const bareLimit = '1,024 bare signature checks';

/** Every chain is refused. */
function hostileScenario(): Pick<Scenario, 'contenders'> {
  const root = authority('Root');
  const barred = authority('Barred', undefined, { pathLength: 0 });
  const { bag, entry } = mesh(12, barred);
  const issuing = authority('Issuing', root);
  const { leaf, narrow } = manyNames(root);
  const refuse = (one: Raw, intermediates: Raw[], anchor: Raw) => async () => {
    const { valid } = await validateChain({
      leaf: one.der,
      intermediates: intermediates.map(({ der }) => der),
      trustAnchors: [anchor.der],
      at: now,
    });
    if (valid) throw new Error('enrollkit took a bad chain');
  };
  return {
    contenders: {
      [bareLimit]: () => bare([...strangersChecks.slice(0, 512), ...strangersChecks.slice(0, 512)], readyKey),
      'a mesh of twelve authorities': refuse(device('d', entry), bag, barred),
      '1,000 forged copies of the issuer': refuse(device('d', issuing), forgedCopies(issuing, 1_000), root),
      '3,000 names and name constraints': refuse(leaf, [narrow], root),
    },
  };
}

const folder = scratchFolder();
try {
  for (const scenario of scenarios) {
    const seconds = await secondsOf(scenario);
    if (scenario === scenarios.at(-1))
      seconds.set('openssl verify, its start subtracted', opensslSeconds(folder));
    const ours = seconds.get('enrollkit')!;
    for (const [name, taken] of seconds) {
      const rate = `${Math.round(chainCount / taken).toLocaleString('en-US')}/s`;
      if (name === 'enrollkit') report.line(scenario.title, rate);
      else report.line(`  ${name}`, rate, `enrollkit has ${(taken / ours).toFixed(2)} x its speed`);
    }
  }
  const seconds = await secondsOf(hostileScenario());
  const limit = seconds.get(bareLimit)!;
  for (const [name, taken] of seconds)
    report.line(
      name,
      `${(taken * 1000).toFixed(1)} ms`,
      name === bareLimit ? '' : `${(taken / limit).toFixed(2)} x that time`,
    );
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** `enrollkit report`, from outside. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import { useLanguage } from '../../src/languages/language.js';
import { packageFile } from '../../src/package-files.js';
import { parseCertificate, sha1Thumbprint, sha256Thumbprint } from '../../src/pki/x509/certificate.js';
import { Journal } from '../../src/workspace/journal.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { assertBalanced } from '../support/xml.js';
import { run } from './in-process.js';

const require = createRequire(import.meta.url);

const template = JSON.parse(readFileSync(packageFile('templates/recordings/quickstart.json'), 'utf8'));
const runName = '2026-11-29T13-50-46.233Z.json';

/** Text that a browser must not take for anything but text. */
const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>"\'&amp;';

interface Answer {
  report: string;
  recording: string | null;
  warnings: string[];
}

/** A certificate folder after a quickstart, without the work of one. */
async function madeFolder(top: string, change: (recording: any) => void = () => {}) {
  const folder = join(top, 'certs');
  const chain = await makeChain();
  const pems = {
    'ca/root/certificate.pem': chain.root.pem,
    'ca/intermediate/certificate.pem': chain.intermediate.pem,
    'devices/device-001/certificate.pem': chain.device.pem,
  };
  const recording = structuredClone(template);
  delete recording.$schema;
  recording.certificates = Object.entries(pems).map(([path, pem]) => ({
    path,
    sha1Thumbprint: sha1Thumbprint(parseCertificate(pem)),
    sha256Thumbprint: sha256Thumbprint(parseCertificate(pem)),
  }));
  change(recording);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const [path, pem] of Object.entries(pems)) write(path, pem);
  write(`.enrollkit/runs/${runName}`, JSON.stringify(recording));
  const journal = Journal.open(layoutOf(folder).journal, () => new Date());
  const target = { kind: 'emulator' } as const;
  const [{ sha1Thumbprint: thumbprint }] = recording.certificates;
  journal.made({ kind: 'ca-certificate', target, name: 'enrollkit-root', sha1Thumbprint: thumbprint });
  journal.made({ kind: 'enrollment-group', target, id: 'enrollkit-devices' });
  journal.made({ kind: 'registration', target, id: 'device-001' });
  return { folder, journal, recording, chain, write, file: join(folder, 'report.html') };
}

async function report(...argv: string[]): Promise<Answer> {
  const { status, stdout, stderr } = await run(['report', ...argv, '--json']);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Answer;
}

async function refused(code: string, ...argv: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(['report', ...argv], { env: { ENROLLKIT_MESSAGE_IDS: '1' } });
  assert.notEqual(status, 0, stdout);
  assert.ok(stderr.includes(`[${code}]`), stderr);
  return stderr;
}

function assertSelfContained(html: string): void {
  assert.match(html, /<meta http-equiv="Content-Security-Policy" content="default-src 'none';/);
  assert.doesNotMatch(html, /<(script|img|link|iframe|object)|<[^>]*\s(src|on\w+)=|url\((?!#)|@import/i);
  const svgs = [...html.matchAll(/<svg[\s\S]*?<\/svg>/g)].map(([svg]) => svg);
  assert.ok(svgs.length > 0);
  for (const svg of svgs) assertBalanced(svg);
}

test('a report has the chain, the steps, the registrations, the thumbprints and the next commands', () =>
  inTemporaryFolder(async (top) => {
    const { folder, file, chain } = await madeFolder(top);
    assert.deepEqual(await report(folder), {
      report: file,
      recording: join(folder, '.enrollkit/runs', runName),
      warnings: [],
    });
    const html = readFileSync(file, 'utf8');
    assertSelfContained(html);
    for (const { pem } of [chain.root, chain.intermediate, chain.device]) {
      assert.ok(html.includes(sha256Thumbprint(parseCertificate(pem))));
      assert.ok(html.includes(sha1Thumbprint(parseCertificate(pem))));
    }
    for (const picture of ['certificate-tree', 'timeline', 'expiry-calendar'])
      assert.match(html, new RegExp(`<svg [^>]*class="${picture}"`));
    // From its first connection to the answer that assigned it: 49.337 to 49.782 + 21.5 ms.
    assert.match(
      html,
      /<td>device-001<\/td>\s*<td><span class="status">assigned<\/span><\/td>[\s\S]*?>467 ms</,
    );
    for (const text of ['0ne11F4B0A8', 'enrollkit-devices', '127.0.0.1:39421'])
      assert.ok(html.includes(text), text);
    assert.ok(html.includes(`enrollkit device send device-001 --dir ${folder}`));
    assert.ok(html.includes(`enrollkit clean --dir ${folder}`));

    const chinese = join(top, 'zh.html');
    await useLanguage('zh-CN');
    await report(folder, '--out', chinese, '--run', runName.replace('.json', '')).finally(() =>
      useLanguage('en'),
    );
    assert.match(readFileSync(chinese, 'utf8'), /<html lang="zh-CN">[\s\S]*<h2>证书链<\/h2>/);
  }));

test('only an earlier report that nobody has changed is replaced without --force', () =>
  inTemporaryFolder(async (top) => {
    const { folder, file } = await madeFolder(top);
    await report(folder);
    await report(folder);
    appendFileSync(file, '<p>my notes');
    const edited = readFileSync(file);
    await refused('FILE_EXISTS', folder);
    assert.deepEqual(readFileSync(file), edited);
    await report(folder, '--force');
    assert.doesNotMatch(readFileSync(file, 'utf8'), /my notes/);

    const foreign = join(top, 'foreign.html');
    writeFileSync(foreign, 'mine');
    await refused('FILE_EXISTS', folder, '--out', foreign);
    assert.equal(readFileSync(foreign, 'utf8'), 'mine');
    await refused('FILE_EXISTS', folder, '--out', folder, '--force');
    await report(folder, '--out', foreign, '--force');
    await refused('FILE_UNREADABLE', join(top, 'nowhere'));
  }));

test('clean deletes the report of its folder, unless it was changed', () =>
  inTemporaryFolder(async (top) => {
    for (const changes of [false, true]) {
      const { folder, file, journal } = await madeFolder(join(top, String(changes)));
      for (const thing of journal.things()) journal.removed(thing);
      await report(folder);
      if (changes) appendFileSync(file, '<p>my notes');
      const { status } = await run(['clean', '--dir', folder, '--certificates', '--yes']);
      assert.equal(status === 0, !changes);
      assert.equal(existsSync(file), changes);
    }
  }));

test('text from a recording, a certificate or a folder is text', () =>
  inTemporaryFolder(async (top) => {
    const { folder, file } = await madeFolder(join(top, `<img src=x onerror=alert(3)>`), (recording) => {
      recording.outcome = 'failed';
      recording.failure = { code: hostile, message: hostile };
      recording.target.dpsName = hostile;
      recording.target.idScope = hostile;
      recording.plan.enrollmentGroup.initialTwin = { tags: { [hostile]: 'planted-tag-value' } };
      for (const step of recording.steps) Object.assign(step, { title: hostile, outcome: hostile });
      const [step] = recording.steps.filter(({ id }: { id: string }) => id === 'register-devices');
      Object.assign(step, {
        id: 'register-devices',
        status: 'failed',
        failure: { code: 'X', message: hostile },
      });
      for (const request of step.requests) {
        if (request.answer)
          request.answer.body = { status: hostile, assignedHub: hostile, errorCode: hostile };
      }
      step.requests[0].answer.body = [null, 7, { registrationState: 'x' }];
      recording.steps.push({
        id: 'unknown',
        title: hostile,
        status: 'already',
        elapsedMs: 1e15,
        requests: [],
      });
    });
    await report(folder);
    const html = readFileSync(file, 'utf8');
    assertSelfContained(html);
    assert.ok(html.includes('&lt;img src=x onerror=alert(1)&gt;'));
    assert.ok(!html.includes('planted-tag-value'));
    assert.doesNotMatch(html, /explain &lt;/);
  }));

test('what is missing, broken or deleted is said, in the report and on standard error', () =>
  inTemporaryFolder(async (top) => {
    const { folder, file, journal, write } = await madeFolder(top);
    const warned = async (pattern: RegExp, count = 1) => {
      const { status, stderr } = await run(['report', folder], { env: { ENROLLKIT_MESSAGE_IDS: '1' } });
      assert.equal(status, 0, stderr);
      assert.match(stderr, pattern);
      assert.equal(stderr.match(/^\[report\.warning\]/gm)?.length, count, stderr);
      return readFileSync(file, 'utf8');
    };
    write('devices/device-001/chain.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
    assert.match(await warned(/chain\.pem/), /<ul class="unreadable">\n<li>[^<]*chain\.pem/);
    rmSync(join(folder, 'devices'), { recursive: true });
    assert.match(await warned(/devices.device-001.certificate\.pem/), /class="warnings"/);
    const remote = journal.things();
    for (const thing of remote.slice(0, 1)) journal.removed(thing);
    await warned(/warning: Part of what/, 2);
    for (const thing of remote.slice(1)) journal.removed(thing);
    await warned(/warning: What the run created/, 2);

    write('.enrollkit/runs/2026-11-30T00-00-00.000Z.json', '{"version": 1, "steps": "\\u001b[31m"}');
    const html = await warned(/2026-11-30T00-00-00/);
    assert.doesNotMatch(html, /class="timeline"/);
    await refused('INVALID_RECORDING', folder, '--run', '2026-11-30T00-00-00.000Z');
    await refused('INVALID_RECORDING', folder, '--run', 'none');
    const none = await run(['report', folder, '--run', 'none', '--json']);
    assert.match(JSON.parse(none.stdout).error.next, /enrollkit runs --dir /);
    rmSync(join(folder, '.enrollkit/runs'), { recursive: true });
    await warned(/warning: There is no recorded run/);
    for (const name of ['ca', 'report.html', '.enrollkit']) rmSync(join(folder, name), { recursive: true });
    await refused('INVALID_RECORDING', folder);
    assert.ok(!existsSync(file));
  }));

/** A fleet of one issued device among others that the manifest lists. */
async function madeFleet(top: string, results: readonly object[]) {
  const { root, intermediate, device } = await makeChain('s-1');
  const out = join(top, 'sensors.ndjson');
  const chain = [device, intermediate, root].map(({ pem }) => pem).join('');
  const privateKey = device.privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(
    out,
    `${JSON.stringify({ registrationId: 's-1', certificate: device.pem, chain, privateKey })}\n`,
  );
  const row = (id: string) =>
    `${id},01,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,AA,${'AB'.repeat(32)},CN=${id},<b>Oslo`;
  const heads =
    'registrationId,serialNumber,notBefore,notAfter,sha1Thumbprint,sha256Thumbprint,subject,tags.site';
  writeFileSync(`${out}.manifest.csv`, [heads, ...['s-1', 's-2', 's-3', 's-4'].map(row), ''].join('\n'));
  const file = `${out}.registrations.ndjson`;
  writeFileSync(file, results.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { out, file, privateKey: String(privateKey) };
}

test('the report of a fleet has its counts, its latency and rate, its failures and its first chain', () =>
  inTemporaryFolder(async (top) => {
    const result = (id: string, more: object) => ({
      registrationId: id,
      status: 'assigned',
      idScope: '0ne1',
      ...more,
    });
    const { out, file, privateKey } = await madeFleet(top, [
      result('s-1', { assignedHub: 'hub-1', milliseconds: 40, at: '2026-11-29T10:00:00.000Z' }),
      result('s-2', { assignedHub: hostile, milliseconds: 80, at: '2026-11-29T12:00:00.000Z' }),
      result('s-3', { assignedHub: 7, milliseconds: 'x', at: 'x' }),
      result('s-4', {
        status: 'failed',
        error: { code: 'X', message: hostile, next: 'Wait.' },
        at: '2026-11-29T12:00:09.000Z',
      }),
    ]);
    assert.deepEqual(await report(out), { report: `${out}.report.html`, recording: null, warnings: [] });
    const html = readFileSync(`${out}.report.html`, 'utf8');
    assertSelfContained(html);
    for (const picture of ['latency', 'rate', 'certificate-tree', 'expiry-calendar'])
      assert.match(html, new RegExp(`<svg [^>]*class="${picture}"`));
    assert.match(html, /p50 40(\.\d)? ms, .* max 80(\.\d)? ms/);
    // A pause of two hours is between two runs: the last one finished two devices in nine seconds.
    assert.match(html, /from 2026-11-29 12:00:00 UTC: mean 0\.2/);
    assert.ok(html.includes('hub-1: 1'));
    assert.ok(!html.includes(privateKey.split('\n')[1]!));
    const { status, stderr } = await run(['report', out, '--run', 'x']);
    assert.equal(status, 2, stderr);

    writeFileSync(file, 'not a result\n');
    assert.equal((await report(out)).warnings.length, 1);
    rmSync(file);
    assert.equal((await report(out)).warnings.length, 1);
    rmSync(out);
    assert.equal((await report(out)).warnings.length, 2);
    rmSync(`${out}.manifest.csv`);
    await refused('FILE_UNREADABLE', out);
    await refused('FILE_UNREADABLE', out, '--results', file);
  }));

testWith('chromium', test)(
  'in Chromium: no barrier that axe-core finds serious, no scroll bar on a phone, no request, valid SVG',
  () =>
    inTemporaryFolder(async (top) => {
      const { chromium } = await import('playwright-core');
      const { folder, file } = await madeFolder(top);
      await report(folder);
      const browser = await chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu'],
      });
      try {
        const context = await browser.newContext({
          viewport: { width: 375, height: 800 },
          colorScheme: 'dark',
          bypassCSP: true,
        });
        const page = await context.newPage();
        const requests: string[] = [];
        page.on('request', (request) => requests.push(request.url()));
        const url = pathToFileURL(file).href;
        await page.goto(url);
        assert.deepEqual(requests, [url]);
        await page.addScriptTag({ path: require.resolve('axe-core/axe.min.js') });
        const axe = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
          violations: { id: string; impact: string }[];
        };
        const barriers = axe.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
        assert.deepEqual(barriers, []);
        const wide = (await page.evaluate('document.documentElement.scrollWidth')) as number;
        assert.ok(wide <= 375, `${wide}`);
        const broken = await page.evaluate(
          `[...document.querySelectorAll('svg')].filter((svg) => new DOMParser().parseFromString(new XMLSerializer().serializeToString(svg), 'image/svg+xml').querySelector('parsererror')).length`,
        );
        assert.equal(broken, 0);
      } finally {
        await browser.close();
      }
    }),
);

test.run();

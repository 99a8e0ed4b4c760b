/** The emulator's page in Chromium: the quickstart by hand, live verdicts, and no barrier that axe-core finds. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import azureDevice from 'azure-iot-device';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { suite } from 'uvu';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { dialEmulator } from '../interop/dial.js';
import { connectDevice, registerDevice } from '../interop/node-device.js';
import { makeChain } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { isInstalled, testWith } from '../support/tools.js';
import { actHostile, hostile, leave } from './hostile-clients.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

const require = createRequire(import.meta.url);

interface Context {
  browser: Browser;
  emulator: TestEmulator;
  restore: () => void;
}

// One browser and one emulator for all: each test begins with what the ones before have left.
const test = suite<Context>('console in Chromium');
test.before(async (context) => {
  if (!isInstalled('chromium')) return;
  const { chromium } = await import('playwright-core');
  context.emulator = await startTestEmulator();
  context.restore = dialEmulator(context.emulator.endpoints);
  context.browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
test.after(async ({ browser, emulator, restore }) => {
  if (browser === undefined) return;
  restore();
  await browser.close();
  await emulator.stop();
});

/** Opens the page with its link. `problems` is what scripts and dialogs said. */
async function open({ browser, emulator }: Context, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('dialog', (dialog) => problems.push(dialog.message()));
  await page.goto(emulator.endpoints.consoleUrl);
  await page.waitForURL('**/console/');
  return { page, problems, origin: new URL(emulator.endpoints.consoleUrl).origin };
}

/** Serious and critical barriers. */
async function barriers(page: Page, rules?: string[]): Promise<string[]> {
  const only = rules === undefined ? {} : { runOnly: { type: 'rule', values: rules } };
  const options = { ...only, resultTypes: ['violations'] };
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
}

const pemFile = (name: string, pem: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(pem) });

/** Deletes what the page shows, with its confirmation. */
async function deleteShown(page: Page): Promise<void> {
  await page.getByText('Delete…').click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
}

testWith('chromium', test)(
  'the quickstart by hand, from the upload to the deletion, while a device of an official SDK registers',
  async (context) => {
    const { emulator } = context;
    const { root, intermediate, device } = await makeChain('pump-1');
    const { page, problems, origin } = await open(context);

    await page.getByRole('link', { name: 'Certificates' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('plant');
    await page.getByLabel('Certificate file').setInputFiles(pemFile('root.pem', root.pem));
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('button', { name: 'Generate verification code' }).click();
    const code = await page.locator('#verification-code code').innerText();
    const signer = { certificate: root.pem, privateKey: root.privateKey };
    const proof = await issueVerificationCertificate(code, signer, new Date());
    await page.getByLabel('Verification certificate file').setInputFiles(pemFile('v.pem', proof.pem));
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('The certificate is verified.').waitFor();

    await page.getByRole('link', { name: 'Enrollments' }).click();
    await page.getByRole('link', { name: 'Add enrollment group' }).click();
    await page.getByLabel('Group name').fill('line-1');
    await page.getByLabel('Primary certificate', { exact: true }).selectOption('plant');
    assert.equal(await page.getByLabel('Primary certificate file').isVisible(), false);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Created.').waitFor();

    await page.getByRole('link', { name: 'Log' }).click();
    await page.getByText('No device has asked to register').waitFor();
    // While the page is open: it is not loaded again.
    await page.evaluate('window.sameDocument = true');
    await assert.rejects(registerDevice(emulator, 'pump-1', [device]));
    await page.getByText('The chain breaks here').waitFor();
    const chain = [device, intermediate, root];
    const registered = await registerDevice(emulator, 'pump-1', chain, 'mqtt');
    await page.getByText('Assigned to hub-1').waitFor();
    assert.equal(await page.evaluate('window.sameDocument'), true);

    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('link', { name: 'pump-1' }).click();
    await page.getByText('Disconnected').waitFor();
    await page.evaluate('window.sameDocument = true');
    const client = await connectDevice(registered, chain);
    try {
      await page.getByText('✓ Connected').waitFor();
      await client.sendEvent(new azureDevice.Message('{"temperature":21.5}'));
      await page.getByText('{"temperature":21.5}').waitFor();
      const twin = await client.getTwin();
      await new Promise<void>((resolve, reject) =>
        twin.properties.reported.update({ firmware: '1.0.7' }, (error?: Error) =>
          error ? reject(error) : resolve(),
        ),
      );
      await page.getByText('"firmware": "1.0.7"').waitFor();
      assert.equal(await page.evaluate('window.sameDocument'), true);
      const interval = new Promise((resolve) =>
        twin.on('properties.desired', (delta: { interval?: number }) => {
          if (delta.interval !== undefined) resolve(delta.interval);
        }),
      );
      await page.getByLabel('Desired properties').fill('{"interval": 60}');
      await page.getByRole('button', { name: 'Save the twin' }).click();
      await page.getByText('Saved.').waitFor();
      assert.equal(await interval, 60);
      client.onDeviceMethod('reboot', (request, response) => {
        response.send(202, { in: request.payload.seconds }, () => {});
      });
      // Subscriptions are requested without a callback: the next answer of the twin comes after theirs.
      await client.getTwin();
      await page.getByLabel('Method name').fill('reboot');
      await page.getByLabel('Payload').fill('{"seconds": 5}');
      await page.getByRole('button', { name: 'Invoke' }).click();
      await page.getByText('The device responded with status 202.').waitFor();
      await page.getByText('"in": 5').waitFor();
      const message = new Promise<string>((resolve) =>
        client.on('message', ({ data }: { data: Buffer }) => resolve(data.toString())),
      );
      await page.getByLabel('Message', { exact: true }).fill('open the valve');
      await page.getByRole('button', { name: 'Send' }).click();
      assert.equal(await message, 'open the valve');
    } finally {
      await client.close();
    }

    await deleteShown(page);
    await page.getByText('The hub has no devices.').waitFor();
    await page.getByRole('link', { name: 'Registrations' }).click();
    await deleteShown(page);
    await page.getByText('No device has registered.').waitFor();
    await page.getByRole('link', { name: 'Enrollments' }).click();
    await page.getByRole('link', { name: 'line-1' }).first().click();
    await deleteShown(page);
    await page.getByText('There are no enrollment groups.').waitFor();
    await page.getByRole('link', { name: 'Certificates' }).click();
    await page.getByRole('link', { name: 'plant' }).click();
    await deleteShown(page);
    await page.getByText('None.').waitFor();
    const { body } = await emulator.arm('GET', '/certificates');
    assert.deepEqual(body.value, []);
    assert.equal(page.url().startsWith(`${origin}/console/services/`), true);
    assert.deepEqual(problems, []);
    await page.context().close();
  },
);

testWith('chromium', test)(
  'no page has a barrier, on a desktop and, in the dark, on a phone',
  async (context) => {
    const { emulator } = context;
    const { root, intermediate, device } = await makeChain('pump-1');
    await emulator.verifiedCa('plant', root);
    await emulator.service('PUT', '/enrollmentGroups/line-1', groupBody('line-1', { reference: 'plant-2' }));
    await emulator.register('pump-1', [device]);
    await emulator.register('pump-1', [device, intermediate, root]);
    const service = `services/${emulator.endpoints.dpsName}`;
    const paths = [
      ...['', `${service}/certificates`, `${service}/certificates/plant-2`, `${service}/enrollments`],
      ...[`${service}/new-group`, `${service}/new-individual`, `${service}/groups/line-1`],
      ...[`${service}/registrations`, `${service}/hubs`, `${service}/hubs/hub-1`],
      ...['hubs/hub-1/devices', 'hubs/hub-1/devices/pump-1'],
      ...['log', 'faults', 'clock', 'api', 'missing'],
    ];
    const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    const phone = { viewport: { width: 360, height: 740 }, isMobile: true, colorScheme: 'dark' } as const;
    const phoneRules = ['color-contrast', 'target-size', 'scrollable-region-focusable'];
    for (const [variant, options, rules] of [
      ['desktop', {}, undefined],
      ['phone, dark', phone, phoneRules],
    ] as const) {
      // For axe-core, which the policy of the page would not let in.
      const { page, origin } = await open(context, { ...options, bypassCSP: true });
      for (const path of paths) {
        await page.goto(`${origin}/console/${path}`, { waitUntil: 'domcontentloaded' });
        await page.evaluate(axe);
        assert.deepEqual(await barriers(page, rules && [...rules]), [], `${variant} ${path}`);
        const fits = await page.evaluate('document.documentElement.scrollWidth <= screen.width');
        assert.equal(fits, true, `${variant} ${path} is too wide`);
      }
      await page.context().close();
    }
  },
);

testWith('chromium', test)(
  'the menu is one row, or a button that opens it, in every language',
  async (context) => {
    for (const width of [390, 900, 1024, 1440]) {
      const { page, origin } = await open(context, { viewport: { width, height: 700 } });
      for (const language of ['en', 'zh-CN']) {
        await page.goto(`${origin}/console/log?lang=${language}`, { waitUntil: 'domcontentloaded' });
        const tops = () =>
          page.evaluate(`[...document.querySelectorAll('#pages a')]
          .filter((link) => link.checkVisibility()).map((link) => link.getBoundingClientRect().top)`);
        const shown = (await tops()) as number[];
        assert.equal(new Set(shown).size, width > 900 ? 1 : 0, `${width} ${language}`);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
        if (width > 900) continue;
        await page.locator('button.menu').click();
        assert.equal(new Set((await tops()) as number[]).size, 10, `${width} ${language}`);
      }
      await page.locator('#pages a').nth(8).click();
      await page.waitForURL('**/console/clock');
      await page.context().close();
    }
  },
);

testWith('chromium', test)(
  'what devices and clients send is text on every page, and never runs',
  async (context) => {
    const pages = await actHostile(context.emulator);
    const { page, problems, origin } = await open(context);
    // A policy that stops a script is not enough: there must be nothing to stop.
    await page.addInitScript(`window.stopped = [];
    addEventListener('securitypolicyviolation', (event) => stopped.push(event.violatedDirective));`);
    const absent: string[] = [];
    const check = async (path: string, shows: readonly string[]) => {
      const shown = (await page.evaluate(`({
      xss: window.__xss ?? null,
      stopped,
      images: document.images.length,
      scripts: document.scripts.length,
      text: document.body.textContent + [...document.querySelectorAll('textarea, input')].map((one) => one.value).join(),
    })`)) as { xss: unknown; stopped: string[]; images: number; scripts: number; text: string };
      const { text, ...rest } = shown;
      assert.deepEqual(rest, { xss: null, stopped: [], images: 0, scripts: 1 }, path);
      // JSON and distinguished names escape characters.
      const unescaped = text.replaceAll('\\', '').replaceAll('""', '"');
      const missing = shows.filter((value) => !unescaped.includes(value));
      absent.push(...missing.map((value) => `${path} does not show ${value}`));
    };
    try {
      for (const { path, shows } of pages) {
        await page.goto(`${origin}/console/${path}`, { waitUntil: 'load' });
        await check(path, shows);
      }
      // What is shown live is put into the page by the script.
      const device = `${origin}/console/hubs/hub-1/devices/hostile-device`;
      await page.goto(device);
      await page.getByLabel('Method name').fill('reboot');
      await page.getByRole('button', { name: 'Invoke' }).click();
      await page.getByText('The device responded').waitFor();
      await check('the response to a method', ['method-key', 'method-value'].map(hostile));
      await page.goto(`${origin}/console/log`);
      const stranger = hostile('arrives-later');
      await context.emulator.call({
        method: 'PUT',
        path: `/x/registrations/${encodeURIComponent(stranger)}/register?api-version=2021-06-01`,
        body: {},
      });
      await page.getByText('arrives-later').first().waitFor();
      await check('the live log', [stranger]);
    } finally {
      await leave();
    }
    assert.deepEqual(absent, []);
    assert.deepEqual(problems, []);
    await page.context().close();
  },
);

testWith('chromium', test)('a program is opened and copied by keyboard alone', async (context) => {
  const { page, problems } = await open(context, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.locator('summary', { hasText: 'Python' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#copy-status', { hasText: 'Copied' }).waitFor();
  const copied = await page.evaluate('navigator.clipboard.readText()');
  assert.match(String(copied), new RegExp(`id_scope="${context.emulator.endpoints.idScope}"`));
  assert.deepEqual(problems, []);
  await page.context().close();
});

testWith('chromium', test)('a form that is double-clicked is sent once', async (context) => {
  const { page, problems, origin } = await open(context);
  await page.goto(`${origin}/console/services/${context.emulator.endpoints.dpsName}/new-individual`);
  await page.getByLabel('Registration ID').fill('clicked-twice');
  await page.getByLabel('Attestation').last().selectOption('symmetricKey');
  await page.getByRole('button', { name: 'Create' }).dblclick();
  await page.getByText('Created.').waitFor();
  const created = context.emulator.events.filter(
    ({ operation, id }) => operation === 'putEnrollment' && id === 'clicked-twice',
  );
  assert.deepEqual(
    created.map(({ status }) => status),
    [200],
  );
  assert.deepEqual(problems, []);
  await page.context().close();
});

testWith('chromium', test)(
  'the page says that the emulator has stopped, keeps what was typed, reconnects, and notices a new identity',
  (context) =>
    inTemporaryFolder(async (dir) => {
      let emulator = await startTestEmulator({ dir });
      const { consoleUrl } = emulator.endpoints;
      const consolePort = Number(new URL(consoleUrl).port);
      const { page, problems, origin } = await open({ ...context, emulator });
      await page.goto(`${origin}/console/clock`);
      const [stopped, wasReset, locked] = ['#stopped', '#was-reset', '#locked'].map((id) => page.locator(id));
      await page.getByLabel('Set to (UTC)').fill('2030-01-01T12:00');
      await emulator.stop();
      await stopped!.getByText('The emulator has stopped.').waitFor();
      await page.getByRole('button', { name: 'Set' }).last().click();
      assert.equal(page.url(), `${origin}/console/clock`);

      emulator = await startTestEmulator({ dir, consolePort });
      await wasReset!.waitFor();
      assert.equal(await stopped!.isVisible(), false);
      assert.equal(await page.getByLabel('Set to (UTC)').inputValue(), '2030-01-01T12:00');
      await page.getByRole('link', { name: 'Reload' }).click();
      await wasReset!.waitFor({ state: 'hidden' });
      await emulator.reset();
      await wasReset!.waitFor();

      await emulator.stop();
      await stopped!.waitFor();
      emulator = await startTestEmulator({ consolePort });
      await locked!.waitFor();
      assert.equal(await stopped!.isVisible(), false);
      assert.deepEqual(problems, []);
      await page.context().close();
      await emulator.stop();
    }),
);

test.run();

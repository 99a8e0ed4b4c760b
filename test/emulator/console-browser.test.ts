/** The emulator's page in Chromium: the quickstart by hand, live verdicts, and no barrier that axe-core finds. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { test } from 'uvu';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { dialEmulator } from '../interop/dial.js';
import { registerDevice } from '../interop/register.js';
import { makeChain } from '../support/chains.js';
import { testWith } from '../support/tools.js';
import { startTestEmulator, type TestEmulator } from './support.js';

const require = createRequire(import.meta.url);

/** Opens the page with its link. */
async function open(browser: Browser, { endpoints }: TestEmulator, options: BrowserContextOptions = {}) {
  // For axe-core, which the policy of the page would not let in.
  const context = await browser.newContext({ ...options, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(endpoints.consoleUrl);
  await page.waitForURL('**/console/');
  return page;
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

testWith('chromium', test)(
  'the quickstart by hand in the page, and every page without barriers',
  async () => {
    const { chromium } = await import('playwright-core');
    const emulator = await startTestEmulator();
    const restore = dialEmulator(emulator.endpoints);
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
    try {
      const { root, intermediate, device } = await makeChain('pump-1');
      const page = await open(browser, emulator);
      const problems: string[] = [];
      page.on('pageerror', ({ message }) => problems.push(message));
      page.on('dialog', (dialog) => problems.push(dialog.message()));

      await page.getByRole('link', { name: 'Certificates' }).first().click();
      await page.getByLabel('Name', { exact: true }).fill('plant');
      await page
        .getByLabel('Certificate file')
        .setInputFiles({ name: 'root.pem', mimeType: 'text/plain', buffer: Buffer.from(root.pem) });
      await page.getByRole('button', { name: 'Upload' }).click();
      await page.getByRole('button', { name: 'Generate verification code' }).click();
      const code = await page.locator('#verification-code code').innerText();
      const signer = { certificate: root.pem, privateKey: root.privateKey };
      const proof = await issueVerificationCertificate(code, signer, new Date());
      await page
        .getByLabel('Verification certificate file')
        .setInputFiles({ name: 'v.pem', mimeType: 'text/plain', buffer: Buffer.from(proof.pem) });
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
      await registerDevice(emulator, 'pump-1', [device, intermediate, root]);
      await page.getByText('Assigned to hub-1').waitFor();
      assert.equal(await page.evaluate('window.sameDocument'), true);

      const { dpsName } = emulator.endpoints;
      const service = `/console/services/${dpsName}`;
      const paths = [
        ...[
          '/console/',
          `${service}/certificates`,
          `${service}/certificates/plant`,
          `${service}/enrollments`,
        ],
        ...[
          `${service}/new-group`,
          `${service}/new-individual`,
          `${service}/groups/line-1`,
          `${service}/registrations`,
        ],
        ...['/console/hubs/hub-1/devices', '/console/hubs/hub-1/devices/pump-1'],
        ...['/console/log', '/console/faults', '/console/clock', '/console/api', '/console/missing'],
      ];
      const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
      const { origin } = new URL(emulator.endpoints.consoleUrl);
      for (const [variant, options, rules] of [
        ['desktop', {}, undefined],
        [
          'phone, dark',
          { viewport: { width: 360, height: 740 }, isMobile: true, colorScheme: 'dark' },
          ['color-contrast', 'target-size', 'scrollable-region-focusable'],
        ],
      ] as [string, BrowserContextOptions, string[] | undefined][]) {
        const shown = await open(browser, emulator, options);
        for (const path of paths) {
          await shown.goto(`${origin}${path}`, { waitUntil: 'domcontentloaded' });
          await shown.evaluate(axe);
          assert.deepEqual(await barriers(shown, rules), [], `${variant} ${path}`);
          assert.ok(
            (await shown.evaluate('document.documentElement.scrollWidth <= screen.width')) === true,
            `${variant} ${path} is too wide`,
          );
        }
        await shown.context().close();
      }

      await page.goto(`${origin}${service}/groups/line-1`);
      await page.getByText('Delete…').click();
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByText('There are no enrollment groups.').waitFor();
      await page.goto(`${origin}/console/log`);
      await page.locator('[data-live]').first().waitFor();
      await emulator.stop();
      await page.locator('#stopped').waitFor();
      assert.deepEqual(problems, []);
    } finally {
      restore();
      await browser.close();
      await emulator.stop();
    }
  },
);

test.run();

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'uvu';
import { portalAssistant } from '../../src/cli/quickstart/portal-assistant.js';
import { fitted } from '../../src/cli/terminal/text.js';
import { EnrollkitError } from '../../src/errors.js';
import { scriptedAsker } from './scripted-asker.js';

const instructions = {
  kind: 'azure' as const,
  folder: resolve('certs'),
  dpsName: 'contoso',
  certificatePath: resolve('certs/ca/root/certificate.pem'),
  certificateName: 'contoso-root',
  portalUrl: 'https://portal.azure.com/#resource/contoso',
};
const answered = { ...instructions, verificationCertificatePath: resolve('certs/proof.pem') };
const { signal } = new AbortController();

const code = 'DE8D1B46'.repeat(6);

test('says which file to upload, under which name and where, and gives the code that was pasted', async () => {
  const { asker, said } = scriptedAsker({ 'portal.verification-code': ` ${code} ` });
  let settled = false;
  const assistant = portalAssistant(asker, async () => {
    settled = true;
  });
  assert.equal(await assistant.askVerificationCode(instructions, signal), code);
  assert.ok(settled, 'nothing else draws meanwhile');
  for (const text of ['contoso', 'contoso-root', 'certs/ca/root/certificate.pem', instructions.portalUrl]) {
    assert.ok(
      said.some((one) => one.text.includes(text)),
      text,
    );
  }
});

test('on the emulator, it names its page instead of the portal, and the commands that do the same', async () => {
  const { asker, said } = scriptedAsker({ 'portal.verification-code': code, 'portal.verified': true });
  const assistant = portalAssistant(asker, async () => {}, 'npx enrollkit');
  const portalUrl = 'http://127.0.0.1:41234/console/services/contoso/certificates?token=x';
  const emulator = { ...answered, kind: 'emulator' as const, portalUrl };
  await assistant.askVerificationCode(emulator, signal);
  await assistant.confirmVerified(emulator, signal);
  const text = said.map((one) => fitted(one.text, 40).replace(/ \\\n */g, ' ')).join('\n');
  for (const line of [
    portalUrl,
    'npx enrollkit ca upload certs/ca/root/certificate.pem --ca-name contoso-root --dir certs',
    'npx enrollkit ca code contoso-root --dir certs',
    'npx enrollkit ca verify contoso-root --dir certs --verification-certificate certs/proof.pem',
  ]) {
    assert.ok(text.includes(line), text);
  }
  assert.ok(!text.includes('portal.azure.com'));
});

test('says where the answer lies, and goes on when the portal shows it as verified', async () => {
  const { asker, said } = scriptedAsker({ 'portal.verified': true });
  await portalAssistant(asker, async () => {}).confirmVerified(answered, signal);
  assert.ok(said.some(({ text }) => text.includes('certs/proof.pem')));
});

test('not verified yet is its own exit status, and has its own code', async () => {
  const { asker } = scriptedAsker({ 'portal.verified': false });
  await assert.rejects(portalAssistant(asker, async () => {}).confirmVerified(answered, signal), (error) => {
    assert.ok(error instanceof EnrollkitError);
    assert.equal(error.exitStatus, 6);
    return error.code === 'PROOF_OF_POSSESSION_PENDING';
  });
});

test.run();

/** The emulator answers and logs in English, as Azure does, in whatever language its program speaks to people. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { useLanguage } from '../../src/languages/language.js';
import { type Made, make } from '../support/chains.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

interface Certificates {
  root: Made;
  leaf: Made;
  other: Made;
}
interface Said {
  answers: Record<string, string>;
  log: string[];
}

const test = suite<{ english: Said; chinese: Said }>('answers in English');

test.before(async (context) => {
  const root = await make('root', 'Root');
  const made = {
    root,
    leaf: await make('device', 'asks', root),
    other: await make('device', 'other', root),
  };
  context.english = await saidBy(made);
  await useLanguage('zh-CN');
  try {
    context.chinese = await saidBy(made);
  } finally {
    await useLanguage('en');
  }
});

/** What a new emulator answers to all requests, and writes to its log. */
async function saidBy(made: Certificates): Promise<Said> {
  const emulator = await prepared(made.root);
  try {
    const answers: Record<string, string> = {};
    for (const [what, send] of Object.entries(requests)) answers[what] = plain(await send(emulator, made));
    return {
      answers,
      log: emulator.events.map(({ operation, status, reason }) => plain([operation, status, reason])),
    };
  } finally {
    await emulator.stop();
  }
}

async function prepared(root: Made): Promise<TestEmulator> {
  const emulator = await startTestEmulator({ services: ['contoso'], hubs: ['hub'] });
  await emulator.verifiedCa('root', root);
  await emulator.service('PUT', '/enrollmentGroups/group', groupBody('group', { reference: 'root' }));
  return emulator;
}

type Send = (emulator: TestEmulator, made: Certificates) => Promise<unknown>;

const upload = (certificate: string): Send => {
  return ({ arm }) => arm('PUT', '/certificates/new', { properties: { certificate } });
};
const ask = (csr: string): Send => {
  return ({ call, endpoints }, { leaf }) =>
    call({
      method: 'PUT',
      path: `/${endpoints.idScope}/registrations/asks/register?api-version=2025-07-01-preview`,
      body: { registrationId: 'asks', csr },
      chain: [leaf],
    });
};
const enroll = (body: unknown): Send => {
  return ({ service }) => service('PUT', '/enrollments/asks', body);
};
const signedBy = (certificate: string) => groupBody('bad', { certificate });
const clientCertificate = (certificate: string) => ({
  registrationId: 'asks',
  attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate } } } },
});
const withToken = (authorization: string): Send => {
  return ({ call }) =>
    call({ path: '/enrollmentGroups/group?api-version=2021-10-01', headers: { authorization } });
};
const sequence = Buffer.from('30030201', 'hex').toString('base64');

const requests: Record<string, Send> = {
  'a truncated certificate request': ask(Buffer.from('3003020101', 'hex').toString('base64')),
  'a certificate request that is not DER': ask('not base64'),
  'a certificate request that ends early': ask(sequence),
  'a certificate that is not one': upload(base64('not a certificate')),
  'a certificate that ends early': upload(sequence),
  'a JSON document as a certificate': upload(base64('{"certificate":""}')),
  'a web page as a certificate': upload(base64('<!DOCTYPE html><html></html>')),
  'a zip archive as a certificate': upload(base64('PK\u0003\u0004')),
  'a private key as a certificate': (emulator, { root }) =>
    upload(base64(root.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string))(emulator, {
      root,
      leaf: root,
      other: root,
    }),
  'a PEM block that is not closed': upload(base64('-----BEGIN CERTIFICATE-----\nMIIB')),
  'a device certificate as a CA': (emulator, made) => upload(base64(made.leaf.pem))(emulator, made),
  'a verification certificate of nobody': ({ arm }, { leaf }) =>
    arm('POST', '/certificates/root/verify', { certificate: base64(leaf.pem) }, { 'if-match': '*' }),
  'a group with a bad certificate': ({ service }) =>
    service('PUT', '/enrollmentGroups/bad', signedBy('MIIB')),
  'a group with the certificate of a device': ({ service }, { leaf }) =>
    service('PUT', '/enrollmentGroups/bad', signedBy(leaf.pem)),
  'an enrollment with a bad certificate': enroll(clientCertificate('x')),
  'an enrollment of another ID': enroll({ registrationId: 'another' }),
  'an enrollment without attestation': enroll({ registrationId: 'asks' }),
  'an enrollment that is not JSON': enroll('{'),
  'an enrollment that is a list': enroll([]),
  'an ID with a space': ({ service }) => service('PUT', '/enrollments/a%20b', clientCertificate('x')),
  'a token that is not one': withToken('SharedAccessSignature sr=x'),
  'a token of another kind': withToken('Basic eDp5'),
  'a token with a bad signature': withToken(
    'SharedAccessSignature sr=contoso&sig=eA%3D%3D&se=9999999999&skn=provisioningserviceowner',
  ),
  'a query of another language': ({ service }) =>
    service('POST', '/enrollments/query', { query: 'DELETE FROM x' }),
  'a hub query': ({ call, endpoints }) =>
    call({
      method: 'POST',
      path: `/devices/query?api-version=2021-04-12`,
      headers: { host: endpoints.hubHostName },
      body: { query: 'SELECT FROM' },
    }),
  'an api-version of next year': ({ service }) =>
    service('GET', '/enrollmentGroups/group?api-version=2099-01-01-preview'),
  'a group that does not exist': ({ service }) => service('GET', '/enrollmentGroups/none'),
  'a name that Azure does not take': ({ call, endpoints }) =>
    call({
      method: 'PUT',
      path: `/subscriptions/${endpoints.subscriptionId}/resourceGroups/x/providers/Microsoft.Devices/provisioningServices/-?api-version=2022-02-05`,
      headers: { authorization: `Bearer ${endpoints.armToken}` },
      body: {},
    }),
  'a device of another name': ({ register }, { other, root }) => register('asks', [other, root]),
};

for (const what of Object.keys(requests)) {
  test(what, ({ english, chinese }) => {
    assert.doesNotMatch(chinese.answers[what]!, /\p{Script=Han}/u);
    assert.equal(chinese.answers[what], english.answers[what]);
  });
}

test('the log is English, too', ({ english, chinese }) => {
  assert.ok(english.log.length > Object.keys(requests).length);
  assert.deepEqual(chinese.log, english.log);
});

/** Without what differs from request to request. */
function plain(answer: unknown): string {
  return (JSON.stringify(answer) ?? '')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, 'ID')
    .replace(
      /\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT|\d{4}-\d\d-\d\dT[\d:.]+Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ?/g,
      'DATE',
    )
    .replace(/localhost:\d+|0ne[0-9A-F]{8}/gi, 'HOST')
    .replace(/[0-9a-f]{32}/gi, 'ID')
    .replace(/Tracking ID:[^"]+/g, 'ID')
    .replace(/"etag":"[^"]+"/g, 'ETAG');
}

test.run();

/** Every code that a user can meet has an explanation, and the command finds it in the forms in which it appears. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { Output } from '../../src/cli/kernel/output.js';
import { reportError } from '../../src/cli/kernel/report-error.js';
import { amqpConditions } from '../../src/dps/contract/amqp.js';
import { dpsErrors } from '../../src/dps/contract/wire-error.js';
import { armErrorCodes } from '../../src/emulator/dps/arm/arm-error.js';
import { hubErrors } from '../../src/emulator/hub/hub-error.js';
import { connectReturnCode } from '../../src/emulator/wire/mqtt/mqtt-session.js';
import { EnrollkitError, type ErrorCode, errorTable, exitStatus } from '../../src/errors.js';
import { explainCode, explainedCodes, explanationDocument } from '../../src/explanations/explain.js';
import { run } from '../cli/in-process.js';

/** RFC 8446 section 6, with those of RFC 5246 and SSL 3.0 that it keeps reserved, and RFC 6066. */
const tlsAlerts: Record<string, number> = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed: 21,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  no_certificate: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  export_restriction: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  certificate_unobtainable: 111,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  bad_certificate_hash_value: 114,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
};

const dps = Object.values(dpsErrors).map(({ errorCode }) => errorCode);
const everyCode: (string | number)[] = [
  ...Object.keys(errorTable),
  ...dps,
  ...dps.map((code) => Math.floor(code / 1000)),
  ...armErrorCodes,
  ...Object.entries(hubErrors).flatMap(([name, { code, status }]) => [name, code, status]),
  ...Object.values(amqpConditions),
  ...Object.values(connectReturnCode),
  ...Object.entries(tlsAlerts).flat(),
];

test('every code of ours, of the emulator and of TLS has an entry, with all its parts', () => {
  for (const code of everyCode) {
    const found = explainCode(String(code));
    assert.ok(found, String(code));
    assert.match(found.meaning, /^[A-Z].*\.$/, String(code));
    assert.ok(found.causes.length > 0, String(code));
    for (const { cause, check } of found.causes) {
      assert.match(cause, /\w/, `${code}: ${cause}`);
      assert.doesNotMatch(cause, /[.\s]$/, `${code}: ${cause}`);
      assert.match(check, /\w/, `${code}: ${check}`);
    }
    assert.match(found.next, /\w/, String(code));
  }
});

test('every reason for a refusal, every finding of doctor and every exit status is explained', () => {
  const documents = ['troubleshooting.md', 'errors.md'].map((name) =>
    readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'),
  );
  const codes = documents.flatMap((text) =>
    [...text.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm)].flatMap(([, cell]) => cell!.match(/[A-Z_]{2,}/g)!),
  );
  assert.ok(codes.length > 120, `${codes.length} codes`);
  const variables = documents[1]!.split('## Environment variables')[1]!;
  for (const code of codes.filter((one) => !variables.includes(`\`${one}\``) || one === 'NO_PROXY')) {
    // TLS has an alert of the same name as one of them.
    assert.equal(explainCode(code)?.code.toUpperCase(), code);
  }
  for (const status of Object.values(exitStatus)) {
    assert.equal(explainCode(`exit status ${status}`)?.code, `exit-${status}`);
  }
});

test('a code is found in the forms in which people meet it', () => {
  const forms: [typed: string, code: string][] = [
    ['0x30', 'unknown_ca'],
    ['0X191', '401'],
    ['HTTP/1.1 404', '404'],
    ['404 Not Found', '404'],
    ['Status: 429', '429'],
    ['error code 401002', '401002'],
    ['"401002".', '401002'],
    ['return code 5', 'connack-5'],
    ['unauthorized-access', 'amqp:unauthorized-access'],
    ['13', 'exit-13'],
    ['exit 4', 'exit-4'],
    ['intermediate_not_sent', 'INTERMEDIATE_NOT_SENT'],
    ['Folder in use', 'FOLDER_IN_USE'],
    ['0x80090325', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['-2146893019', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['sec_e_cert_expired', 'CERT_HAS_EXPIRED'],
    ['(401002)', '401002'],
    ['HTTP 429', '429'],
    ['HTTP/2 401 Unauthorized', '401'],
    ['http status code 404', '404'],
    ['CONNACK 5', 'connack-5'],
    ['MQTT 5', 'connack-5'],
    ['alert 42', 'bad_certificate'],
    ['tls alert unknown ca (48)', 'unknown_ca'],
    ['self-signed certificate in certificate chain', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['SSL certificate problem: self signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'certificate verify failed: unable to get local issuer certificate',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
    [
      "certificate verify failed: IP address mismatch, certificate is not valid for '127.0.0.1'.",
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['Hostname mismatch', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['certificate has expired', 'CERT_HAS_EXPIRED'],
    ['amqp:unauthorized-access', 'amqp:unauthorized-access'],
  ];
  for (const [typed, code] of forms) assert.equal(explainCode(typed)?.code, code, typed);
});

/** What an error prints: standard output with `--json`, and standard error. */
async function printed(error: EnrollkitError): Promise<{ json: any; text: string }> {
  const lines: string[][] = [[], []];
  const [stdout, stderr] = lines.map(
    (to) => ({ write: (text: string) => to.push(text) > 0 }) as unknown as NodeJS.WriteStream,
  );
  const output = new Output({
    ...{ stdout: stdout!, stderr: stderr!, env: {} },
    ...{ json: true, verbose: false, color: false },
  });
  await reportError(error, output);
  return { json: JSON.parse(lines[0]!.join('')), text: lines[1]!.join('') };
}

test('an error has the text that explain prints for its code, whatever code it is', async () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const explained = explanationDocument(explainCode(code)!);
    const { json, text } = await printed(new EnrollkitError(code, 'No.'));
    assert.deepEqual(json.error.explanation, explained);
    assert.equal(json.error.next, explained.next);
    assert.ok(text.endsWith(`enrollkit explain ${code}\n`), text);
    const shown = explained.causes.map(({ cause, check }) => text.includes(cause) && text.includes(check));
    const isListed = explained.causes.length > 1 && errorTable[code].exit !== exitStatus.usage;
    assert.deepEqual(
      shown,
      explained.causes.map((_, index) => isListed && index < 3),
      text,
    );
  }
});

test('an error that names its cause lists no other', async () => {
  const { causes } = explainCode('NETWORK')!;
  const assertNone = async (error: EnrollkitError) => {
    const { text } = await printed(error);
    for (const { check } of causes) assert.ok(!text.includes(check), text);
  };
  await assertNone(new EnrollkitError('NETWORK', 'No.', { next: 'Set the proxy.' }));
  await assertNone(new EnrollkitError('NETWORK', 'No.', { context: { causes: [{ code: 'X' }] } }));
  // The code of the connection is explained in its place.
  const { text } = await printed(new EnrollkitError('NETWORK', 'No.', { context: { code: 'ECONNREFUSED' } }));
  assert.ok(text.endsWith('enrollkit explain ECONNREFUSED\n'), text);
});

test('no explanation only says to read the message or to look again', () => {
  const filler = /found nothing wrong|^the (message|description) (names|has|shows) (it|them)$/;
  for (const { code, causes } of explainedCodes()) {
    for (const { cause, check } of causes) {
      assert.doesNotMatch(cause, filler, code);
      assert.doesNotMatch(check, filler, code);
    }
  }
});

test('a code is found by its own name and number, and by no other', () => {
  for (const { code } of explainedCodes()) {
    assert.equal(explainCode(code)!.code, code);
    assert.equal(explainCode(` ${code.toLowerCase()} `)!.code, code);
  }
  for (const [name, number] of Object.entries(tlsAlerts)) {
    assert.equal(explainCode(String(number))!.code, name);
    assert.equal(explainCode(`alert ${number}`)!.code, name);
    assert.equal(explainCode(`ERR_SSL_TLSV1_ALERT_${name.toUpperCase()}`)!.code, name);
    assert.equal(explainCode(`sslv3 alert ${name.replaceAll('_', ' ')}`)!.code, name);
  }
  assert.equal(explainCode('HTTP 401')!.code, '401');
  assert.equal(explainCode('IH404015')!.code, '404015');
  assert.equal(explainCode('5')!.code, 'connack-5');
  assert.equal(explainCode('404001')!.code, 'DeviceNotFound');
});

test('explain prints all parts, and the same as JSON', async () => {
  const text = await run(['explain', '401002']);
  assert.equal(text.status, 0);
  const { status, stdout } = await run(['explain', '401002', '--json']);
  assert.equal(status, 0);
  const { code, meaning, causes, next, related } = JSON.parse(stdout);
  assert.equal(code, '401002');
  assert.deepEqual(related, ['IotHubUnauthorizedAccess']);
  const words = (one: string) => one.replace(/\s+/g, ' ').trim();
  for (const part of [meaning, next, ...causes.flatMap((one: any) => [one.cause, one.check])])
    assert.ok(words(text.stdout).includes(words(part)), part);
  assert.ok(
    text.stdout.split('\n').every((line) => line.length <= 80),
    text.stdout,
  );
});

test('several words are one code', async () => {
  const { stdout } = await run(['explain', 'tlsv1', 'alert', 'unknown', 'ca', '--json']);
  assert.equal(JSON.parse(stdout).code, 'unknown_ca');
});

test('an unknown code is refused with the nearest ones', async () => {
  for (const [typed, near] of [
    ['401003', '401002'],
    ['UNKNOWN_CB', 'unknown_ca'],
    ['DEVICE_NOT_AUTORIZED', 'DEVICE_NOT_AUTHORIZED'],
  ]) {
    const { status, stdout } = await run(['explain', typed!, '--json']);
    assert.equal(status, 2);
    const { error } = JSON.parse(stdout);
    assert.equal(error.code, 'USAGE');
    assert.ok(error.context.nearest.includes(near), String(error.context.nearest));
    assert.ok(error.next.includes(near!));
  }
});

test('a text like no code gets no suggestion', async () => {
  const { status, stdout } = await run(['explain', 'a broken device somewhere', '--json']);
  assert.equal(status, 2);
  const { error } = JSON.parse(stdout);
  assert.deepEqual(error.context.nearest, []);
  assert.ok(error.next.includes('401002'));
});

test('hostile codes are refused without being repeated raw', async () => {
  for (const typed of [
    '',
    ' ',
    '\u001b[31m',
    'x'.repeat(200_000),
    '../../etc',
    '__proto__',
    'constructor',
    '-1',
    '4e2',
  ]) {
    const { status, stderr } = await run(['explain', '--', typed]);
    assert.equal(status, 2, JSON.stringify(typed.slice(0, 20)));
    assert.ok(!stderr.includes('\u001b'));
    assert.ok(stderr.length < 1000);
  }
});

test.run();

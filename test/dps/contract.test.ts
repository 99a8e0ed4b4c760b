/** Connection strings, shared access signatures and names: what holds for all of them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { formatConnectionString, parseConnectionString } from '../../src/dps/contract/connection-string.js';
import {
  assertCertificateName,
  assertEnrollmentGroupId,
  assertRegistrationId,
  isLegalId,
  registrationIdProblem,
} from '../../src/dps/contract/ids.js';
import { dpsTopics, hubTopics, parseTopic } from '../../src/dps/contract/mqtt.js';
import { routePath, routes } from '../../src/dps/contract/routes.js';
import { createSasToken, parseSasToken, sasSignatureMatches } from '../../src/dps/contract/sas.js';
import { enrollmentGroup } from '../../src/dps/contract/schemas.js';
import { EnrollkitError } from '../../src/errors.js';

const key = fc
  .uint8Array({ minLength: 16, maxLength: 64 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const hostName = fc.stringMatching(/^[a-z][a-z0-9.-]{0,40}(:[1-9][0-9]{0,3})?$/);
const policyName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,30}[A-Za-z0-9]$/);
const connectionString = fc.record(
  { hostName, sharedAccessKeyName: policyName, sharedAccessKey: key },
  { noNullPrototype: true },
);

function errorOf(act: () => unknown): EnrollkitError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof EnrollkitError, String(error));
    return error;
  }
  throw new Error('it did not fail');
}

test('a connection string read back is what was written, in any order and case of its parts', () => {
  fc.assert(
    fc.property(connectionString, fc.nat(5), (parts, rotation) => {
      const text = formatConnectionString(parts);
      assert.deepEqual(parseConnectionString(text), parts);
      const pieces = text.split(';').map((piece) => piece.replace(/^\w+/, (name) => name.toUpperCase()));
      const rotated = [...pieces.slice(rotation % 3), ...pieces.slice(0, rotation % 3)].join(' ; ');
      assert.deepEqual(parseConnectionString(` ${rotated};\n`), parts);
    }),
  );
});

test('a damaged connection string is refused, and nothing of its key is quoted', () => {
  const damages: ((text: string) => string)[] = [
    (text) => text.replace('HostName', 'Host'),
    (text) => text.replace(';SharedAccessKeyName=', ';Name='),
    (text) => `${text};${text}`,
    (text) => text.replace(/SharedAccessKey=.*/, (part) => `${part}!`),
    (text) => text.replace(/=*$/, '').slice(0, -1),
    (text) => text.replaceAll(';', ','),
    (text) => text.replace(/SharedAccessKey=(.*)/, '$1'),
    (text) => text.replace(/HostName=[^;]*/, 'HostName=https://a/b'),
  ];
  fc.assert(
    fc.property(connectionString, fc.constantFrom(...damages), (parts, damage) => {
      const error = errorOf(() => parseConnectionString(damage(formatConnectionString(parts))));
      assert.equal(error.code, 'INVALID_CONNECTION_STRING');
      const said = JSON.stringify([error.message, error.next, error.context]);
      assert.ok(!said.includes(parts.sharedAccessKey.slice(0, 16)), said);
    }),
  );
});

test('a shared access signature matches its own key and host only', () => {
  fc.assert(
    fc.property(connectionString, key, fc.integer({ min: 1, max: 4e9 }), (parts, otherKey, expiry) => {
      fc.pre(otherKey !== parts.sharedAccessKey);
      const token = parseSasToken(
        createSasToken(parts.hostName, parts.sharedAccessKeyName, parts.sharedAccessKey, expiry),
      )!;
      assert.equal(token.resource, parts.hostName);
      assert.equal(token.policyName, parts.sharedAccessKeyName);
      assert.equal(token.expiry, expiry);
      assert.ok(sasSignatureMatches(token, parts.sharedAccessKey));
      assert.ok(!sasSignatureMatches(token, otherKey));
      assert.ok(!sasSignatureMatches({ ...token, expiry: expiry + 1 }, parts.sharedAccessKey));
      const elsewhere = {
        ...token,
        resource: `${token.resource}x`,
        signedResource: `${token.signedResource}x`,
      };
      assert.ok(!sasSignatureMatches(elsewhere, parts.sharedAccessKey));
    }),
  );
});

test('a shared access signature is taken in any order of its fields, encoded or not, and nothing else is', () => {
  const token = createSasToken(
    'localhost:8443',
    'owner',
    Buffer.alloc(32, 7).toString('base64'),
    2_000_000_000,
  );
  const [scheme, fields] = token.split(' ') as [string, string];
  const reversed = `${scheme} ${fields.split('&').reverse().join('&')}`;
  assert.deepEqual(parseSasToken(reversed), parseSasToken(token));
  for (const bad of [
    '',
    'Bearer x',
    scheme,
    `${scheme} sr=a`,
    `${token}&sr=b`,
    token.replace(/se=\d+/, 'se=-1'),
  ]) {
    assert.equal(parseSasToken(bad), undefined, bad);
  }
});

test('legal IDs of DPS pass, any other character does not', () => {
  const legal = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._:-]{0,62}[A-Za-z0-9-])?$/);
  fc.assert(
    fc.property(legal, (id) => {
      assert.ok(isLegalId(id));
      assert.equal(registrationIdProblem(id), undefined);
      assertEnrollmentGroupId(id);
    }),
  );
  const illegalCharacter = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
    .filter((character) => !/^[a-z0-9._:-]+$/i.test(character));
  fc.assert(
    fc.property(legal, illegalCharacter, (id, character) => {
      assert.equal(
        errorOf(() => assertRegistrationId(`a${character}${id.slice(0, 40)}`)).code,
        'INVALID_REGISTRATION_ID',
      );
    }),
  );
});

test('IDs and names at their bounds', () => {
  assertRegistrationId('a'.repeat(64));
  assert.match(errorOf(() => assertRegistrationId('a'.repeat(65))).message, /65 characters/);
  assertEnrollmentGroupId('a'.repeat(128));
  assert.equal(errorOf(() => assertEnrollmentGroupId('a'.repeat(129))).code, 'INVALID_ENROLLMENT_GROUP_ID');
  assertCertificateName('a.b_c-d');
  assertCertificateName('a'.repeat(256));
  for (const name of ['', 'a b', 'a/b', 'ä', 'a'.repeat(257)]) {
    assert.equal(errorOf(() => assertCertificateName(name)).code, 'INVALID_CERTIFICATE_NAME', name);
  }
  for (const id of ['-a', 'a.', 'a:', '', ' a']) assert.ok(registrationIdProblem(id), id);
});

test('a group’s booleans are as they came: no default is filled in, as in Azure’s replies', () => {
  const group = enrollmentGroup.parse({
    enrollmentGroupId: 'g',
    attestation: { type: 'x509' },
    capabilities: {},
    reprovisionPolicy: { updateHubAssignment: false },
  });
  assert.deepEqual(group.capabilities, {});
  assert.deepEqual(group.reprovisionPolicy, { updateHubAssignment: false });
});

test('paths and topics carry any value without letting it break out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
      const path = routePath(routes.service.getRegistration, { registrationId: value });
      assert.equal(path.split('/').length, 3);
      assert.equal(decodeURIComponent(path.split('/')[2]!), value);
      const { query } = parseTopic(dpsTopics.getOperation('rid', value));
      assert.equal(query.get('operationId'), value);
      assert.equal(query.get('$rid'), 'rid');
    }),
  );
  assert.equal(parseTopic(hubTopics.twinResponse(204, 'r', 3)).query.get('$version'), '3');
});

test.run();

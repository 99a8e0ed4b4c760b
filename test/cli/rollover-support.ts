/** Commands on one certificate folder, for the tests of roll-overs. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RolloverResult } from '../../src/rollover/result.js';
import { openssl } from '../support/openssl.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { run } from './in-process.js';

export type Options = Parameters<typeof run>[1];

/** Commands on one certificate folder; each must succeed, unless it is to fail. */
export function commandsOn(folder: string, options: Options = {}) {
  const at = (...names: string[]) => join(folder, ...names);
  const attempt = (...argv: string[]) => run([...argv, '--dir', folder], options);
  const succeed = async (...argv: string[]) => {
    const answer = await attempt(...argv);
    assert.equal(answer.status, 0, `${argv.join(' ')}\n${answer.stdout}\n${answer.stderr}`);
    return answer.stdout;
  };
  /** @param refusal the code of the error, and what it must name */
  const fail = async (
    status: number,
    [code, ...facts]: readonly [code: string, ...facts: string[]],
    ...argv: string[]
  ) => {
    const env = { ...options.env, ...withCodes };
    const answer = await run([...argv, '--dir', folder], { ...options, env });
    assert.equal(answer.status, status, `${argv.join(' ')}\n${answer.stdout}\n${answer.stderr}`);
    assertRefusal(answer.stderr, code, ...facts);
  };
  const rollover = async (...argv: string[]) =>
    JSON.parse(await succeed('cert', 'rollover', ...argv, '--json')) as RolloverResult;
  const group = async (id = 'enrollkit-devices') => JSON.parse(await succeed('group', 'show', id, '--json'));
  const register = (id: string, from: string) =>
    attempt('device', 'register', id, '--chain', join(from, 'chain.pem'), '--key', join(from, 'key.pem'));
  return { at, attempt, succeed, fail, rollover, group, register };
}

/** Every file below a folder with what is in it, the emulator's state apart. */
export function contentsOf(folder: string): Map<string, string> {
  const files = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => !name.startsWith('.enrollkit') && statSync(join(folder, name)).isFile())
    .sort();
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

export const sha256 = (path: string) =>
  openssl(['x509', '-in', path, '-noout', '-fingerprint', '-sha256'])
    .replace(/^.*=/, '')
    .replace(/[:\n]/g, '');
export const publicKey = (path: string) => openssl(['x509', '-in', path, '-noout', '-pubkey']);
export const subject = (path: string) => openssl(['x509', '-in', path, '-noout', '-subject']);
export const assertHolds = (chain: string, root: string) =>
  openssl(['verify', '-x509_strict', '-CAfile', root, '-untrusted', chain, chain]);

/** Signing in where @azure/identity is not installed: only with the account of the Azure CLI. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { azureCliToken } from '../../src/dps/client/azure-cli-token.js';
import { bin } from '../support/bin.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const scope = 'https://management.azure.com/.default';

/** As `npm install enrollkit` leaves it. */
const withoutIdentity = `import { register } from 'node:module';
  const hooks = \`export function resolve(name, context, next) {
    if (name !== '@azure/identity') return next(name, context);
    throw Object.assign(new Error("Cannot find package '@azure/identity'"), { code: 'ERR_MODULE_NOT_FOUND' });
  }\`;
  register('data:text/javascript,' + encodeURIComponent(hooks));`;

/** A shell script called az. */
function azThat(folder: string, script: string): string {
  writeFileSync(join(folder, 'az'), `#!/bin/sh\necho "$*" > ${folder}/arguments\n${script}\n`);
  chmodSync(join(folder, 'az'), 0o755);
  return `${folder}${delimiter}${process.env.PATH}`;
}

async function withPath<Result>(path: string, act: () => Promise<Result>): Promise<Result> {
  const { PATH } = process.env;
  process.env.PATH = path;
  try {
    return await act();
  } finally {
    process.env.PATH = PATH;
  }
}

/** `dps list` in Azure, without @azure/identity. */
async function dpsList(
  env: Record<string, string>,
  status = 3,
): Promise<{ code: string; message: string; next: string }> {
  const args = [bin, 'dps', 'list', '--target', 'azure', '--subscription', crypto.randomUUID(), '--json'];
  const run = promisify(execFile)(process.execPath, args, {
    env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(withoutIdentity)}`, ...env },
  });
  const { code, stdout } = (await run.catch((error) => error)) as { code: number; stdout: string };
  assert.equal(code, status, stdout);
  return JSON.parse(stdout).error;
}

// The az of these tests is a script for a POSIX shell.
const onPosix = process.platform === 'win32' ? test.skip : test;

onPosix('a token and when it expires, of a current Azure CLI and of an older one', () =>
  inTemporaryFolder(async (folder) => {
    for (const [times, expires] of [
      ['"expires_on": 1795984378, "expiresOn": "2026-11-29 20:32:58.000000"', 1_795_984_378_000],
      ['"expiresOn": "2026-11-29 20:32:58.000000"', new Date(2026, 10, 29, 20, 32, 58).getTime()],
    ] as const) {
      const path = azThat(folder, `echo '{"accessToken": "secret", ${times}}'`);
      const token = await withPath(path, () => azureCliToken(scope));
      assert.deepEqual(token, { token: 'secret', expiresOnTimestamp: expires });
    }
    const path = azThat(folder, 'echo "not JSON"');
    await assert.rejects(
      withPath(path, () => azureCliToken(scope)),
      /^Error: Azure CLI: /,
    );
    await assert.rejects(azureCliToken('https://x.example/.default & calc'), /is not a scope/);
  }),
);

onPosix('a command says whether az is missing or not signed in, and how to sign in otherwise', () =>
  inTemporaryFolder(async (folder) => {
    const missing = await dpsList({ PATH: folder });
    assert.equal(missing.code, 'NO_CREDENTIALS');
    assert.match(missing.message, /Azure CLI \(not installed\)/);
    assert.match(missing.next, /az login.*npm install @azure\/identity@4/);
    const path = azThat(folder, `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
    const signedOut = await dpsList({ PATH: path });
    assert.match(signedOut.message, /Azure CLI \(not signed in\)/);
    const refused = await dpsList({
      PATH: azThat(folder, 'echo "ERROR: AADSTS700082: The refresh token has expired." >&2; exit 1'),
    });
    assert.match(refused.message, /AADSTS700082/);
    const offline =
      "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded with url: /common";
    const unreachable = await dpsList({ PATH: azThat(folder, `echo "${offline}" >&2; exit 1`) }, 5);
    assert.equal(unreachable.code, 'NETWORK');
  }),
);

onPosix('a service principal in the environment is not replaced by another account', () =>
  inTemporaryFolder(async (folder) => {
    const path = azThat(folder, `echo '{"accessToken": "secret", "expires_on": 1}'`);
    const error = await dpsList({ PATH: path, AZURE_CLIENT_SECRET: 'hunter2' });
    assert.equal(error.code, 'NO_CREDENTIALS');
    assert.match(error.message, /AZURE_CLIENT_SECRET.*@azure\/identity/);
    assert.match(error.next, /npm install @azure\/identity@4/);
  }),
);

test.run();

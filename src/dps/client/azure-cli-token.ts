/** Tokens of the account that is signed in to the Azure CLI, without a package. */

import { execFile } from 'node:child_process';

const timeoutMs = 60_000;

/**
 * Asks `az account get-access-token` for a token.
 *
 * @param scope `https://RESOURCE/.default`
 * @returns the token, and when it expires in milliseconds since 1970
 * @throws Error whose message begins with `Azure CLI` and is that of az, after `network_error` if it has no network;
 *   AbortError
 */
export async function azureCliToken(
  scope: string,
  signal?: AbortSignal,
): Promise<{ token: string; expiresOnTimestamp: number }> {
  // On Windows, az is a script, which only a shell runs: nothing in the scope may mean something to it.
  if (!/^https:\/\/[\w.:/-]+$/.test(scope)) throw new Error(`Azure CLI: ${scope} is not a scope`);
  const isWindows = process.platform === 'win32';
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      'az',
      ['account', 'get-access-token', '--output', 'json', '--scope', scope],
      {
        signal,
        timeout: timeoutMs,
        shell: isWindows,
        windowsHide: true,
        // A shell of Windows looks for az in the current folder first.
        cwd: isWindows ? process.env.SystemRoot : undefined,
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if (error.name === 'AbortError') return reject(error);
        const isMissing = error.code === 'ENOENT' || /is not recognized/.test(stderr);
        // As Python's urllib3 words it.
        const isOffline = /Max retries exceeded|Failed to establish a new connection/.test(stderr);
        const message = isMissing ? 'az could not be found' : stderr.trim() || error.message;
        reject(new Error(`Azure CLI: ${isOffline ? 'network_error: ' : ''}${message}`));
      },
    );
  });
  return tokenIn(output);
}

/** Source: `az account get-access-token --help`; before 2.54, `expiresOn` (local time) is the only time. */
function tokenIn(output: string): { token: string; expiresOnTimestamp: number } {
  try {
    const { accessToken, expires_on, expiresOn } = JSON.parse(output) as Record<string, unknown>;
    const expiresOnTimestamp =
      typeof expires_on === 'number' ? expires_on * 1000 : Date.parse(String(expiresOn).replace(' ', 'T'));
    if (typeof accessToken === 'string' && Number.isFinite(expiresOnTimestamp)) {
      return { token: accessToken, expiresOnTimestamp };
    }
  } catch {
    // Reported below.
  }
  throw new Error('Azure CLI: the output of az account get-access-token is not a token');
}

/** Connection strings from files and the environment; no error quotes one. */

import { type ConnectionString, parseConnectionString } from '../../dps/contract/connection-string.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readInputFile } from '../input/input-file.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import type { connectionStringFileFlag } from './target-flags.js';

const serviceVariable = 'ENROLLKIT_SERVICE_CONNECTION_STRING';
const hubVariable = 'ENROLLKIT_HUB_CONNECTION_STRING';
const hubHost = /\.azure-devices\.(net|us|cn)(:\d+)?$/i;
const dpsHost = /\.azure-devices-provisioning\.(net|us|cn)(:\d+)?$/i;

/**
 * The connection string of the provisioning service; undefined if none is given.
 *
 * @throws EnrollkitError INVALID_CONNECTION_STRING, naming its source; also for that of a hub or of
 *   another provisioning service
 */
export function serviceConnectionString(
  dpsName: string,
  flags: FlagValues<typeof connectionStringFileFlag>,
  { env }: Pick<Context, 'env'>,
): ConnectionString | undefined {
  const file = flags.connectionStringFile;
  const text = file === undefined ? env[serviceVariable] : readInputFile(file);
  if (!text) return undefined;
  const source = file ?? serviceVariable;
  const parsed = parse(text, source);
  const { hostName } = parsed;
  if (hubHost.test(hostName)) {
    throw invalid(sentences.cliTarget.ofHub(source, hostName));
  }
  const [name] = hostName.split('.');
  if (dpsHost.test(hostName) && name!.toLowerCase() !== dpsName.toLowerCase()) {
    throw invalid(sentences.cliTarget.ofOtherService(source, name!, dpsName));
  }
  return parsed;
}

/**
 * The connection string of a hub; undefined if none is given.
 *
 * @throws EnrollkitError INVALID_CONNECTION_STRING
 */
export function hubConnectionString({ env }: Pick<Context, 'env'>): ConnectionString | undefined {
  const text = env[hubVariable];
  if (!text) return undefined;
  const parsed = parse(text, hubVariable);
  if (!dpsHost.test(parsed.hostName)) return parsed;
  throw new EnrollkitError(
    'INVALID_CONNECTION_STRING',
    sentences.cliTarget.ofService(hubVariable, parsed.hostName),
    { next: sentences.cliTarget.copyHubString },
  );
}

function parse(text: string, source: string): ConnectionString {
  try {
    return parseConnectionString(text);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    throw new EnrollkitError(error.code, `${source}: ${error.message}`, { next: error.next });
  }
}

function invalid(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_CONNECTION_STRING', message);
}

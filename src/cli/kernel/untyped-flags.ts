/** Flags that more than one command takes. None has a default here: what is not given must be seen as not given. */
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import type { Flag } from './untyped-command.js';

/** The certificate folder when `--dir` is not given. */
export const defaultFolder = 'certs';

/** An empty name, as an unset variable of a shell gives, would be the current folder. */
function folderName(text: string): string {
  if (text !== '') return text;
  throw new EnrollkitError('USAGE', '--dir is empty.', { next: 'Name a folder: --dir FOLDER.' });
}

export const dirFlag: Flag = {
  name: 'dir',
  value: 'FOLDER',
  parse: folderName,
  summary: `the certificate folder (default: ${defaultFolder})`,
};
/**
 * What to type to call this program: under npm, it is not in the path. Without `--no-install`, npx would download a
 * package of this name where there is no clone, and anyone can publish one.
 */
export function programName(env: NodeJS.ProcessEnv): string {
  return env.npm_command === undefined ? 'enrollkit' : 'npx --no-install enrollkit';
}

/** The state folder that a quickstart uses. */
export const defaultStateFolder = join(defaultFolder, '.enrollkit');
export const stateFolderFlag: Flag = {
  name: 'dir',
  value: 'FOLDER',
  parse: folderName,
  summary: `the state folder (default: ${defaultStateFolder}, that of a quickstart)`,
};
const jsonFlag: Flag = { name: 'json', summary: 'print one JSON object on standard output' };
export const verboseFlag: Flag = {
  name: 'verbose',
  summary: 'tell every request on standard error, and the causes of errors',
};
/** Commander gives `color: false` for it. */
export const colorFlag: Flag = { name: 'no-color', summary: 'no colours; NO_COLOR does the same' };
export const yesFlag: Flag = { name: 'yes', summary: 'ask nothing' };
export const outputFlags = [jsonFlag, verboseFlag, colorFlag] as const;

export const passphraseFileFlag: Flag = {
  name: 'passphrase-file',
  value: 'FILE',
  summary: 'the passphrase of the private keys is the first line of this file',
};

const targetGroup = 'Where:';
export const targetFlag: Flag = {
  name: 'target',
  value: 'TARGET',
  choices: ['emulator', 'azure'],
  summary: 'which provisioning service',
  group: targetGroup,
};
export const azureFlags: readonly Flag[] = [
  { name: 'dps-name', value: 'NAME', summary: 'Azure: the provisioning service', group: targetGroup },
  { name: 'subscription', value: 'ID', summary: 'Azure: its subscription', group: targetGroup },
  { name: 'resource-group', value: 'NAME', summary: 'Azure: its resource group', group: targetGroup },
  {
    name: 'id-scope',
    value: 'SCOPE',
    summary: 'Azure: its ID scope, needed without rights on Resource Manager',
    group: targetGroup,
  },
];
export const connectionStringFileFlag: Flag = {
  name: 'connection-string-file',
  value: 'FILE',
  summary: 'Azure: a file with the connection string of a shared access policy',
  group: targetGroup,
};
/** Which DPS a command talks to. Secrets come from files and the environment, never from arguments. */
export const targetFlags: readonly Flag[] = [targetFlag, ...azureFlags, connectionStringFileFlag];

/**
 * A flag's value as a whole number.
 *
 * @throws EnrollkitError USAGE
 */
export function wholeNumber(flag: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new EnrollkitError(
      'USAGE',
      `--${flag} takes a whole number from ${minimum} to ${maximum}, not "${text}".`,
    );
  };
}

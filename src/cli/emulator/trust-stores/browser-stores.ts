/**
 * The NSS databases of Firefox and, on Linux, Chromium and Chrome. On Windows and macOS, Chromium uses the system's store.
 *
 * Source: Mozilla, NSS tools, certutil; Chromium, "Linux Cert Management".
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { commandText, type EmulatorRoot, hasRoot, runOrThrow, type TrustStore } from './trust-store.js';
import type { TrustSystem } from './trust-system.js';

/** Below the home folder: databases, and folders of Firefox profiles, each of which has one. */
const databases = ['.pki/nssdb', 'snap/chromium/current/.pki/nssdb'];
const profileFolders = [
  '.mozilla/firefox',
  'snap/firefox/common/.mozilla/firefox',
  '.var/app/org.mozilla.firefox/.mozilla/firefox',
  'Library/Application Support/Firefox/Profiles',
];

/** Trusted to sign certificates of TLS servers. */
const flags = 'C,,';

/** One for each database of the user. */
export function browserStores(system: TrustSystem, root: EmulatorRoot): TrustStore[] {
  // certutil of Windows is another program, and Firefox can use the system's store there.
  if (system.platform === 'win32') return [];
  const profiles = profileFolders.flatMap((folder) => {
    const path = join(system.home, folder);
    return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  });
  return [...databases.map((folder) => join(system.home, folder)), ...profiles].flatMap((folder) => {
    const prefix = existsSync(join(folder, 'cert9.db'))
      ? 'sql'
      : existsSync(join(folder, 'cert8.db'))
        ? 'dbm'
        : undefined;
    return prefix === undefined ? [] : [databaseStore(system, root, folder, `${prefix}:${folder}`)];
  });
}

function databaseStore(system: TrustSystem, root: EmulatorRoot, place: string, database: string): TrustStore {
  const add = ['-A', '-d', database, '-t', flags, '-n', root.name, '-i', root.file];
  const remove = ['-D', '-d', database, '-n', root.name];
  return {
    kind: 'browsers',
    place,
    needsAdministrator: false,
    steps: (action) => [commandText('certutil', action === 'trust' ? add : remove)],
    async state() {
      const found = await system.run('certutil', ['-L', '-d', database, '-n', root.name, '-a']);
      if (found.status === undefined) {
        throw new EnrollkitError('TRUST_FAILED', sentences.cliTrust.noCertutil);
      }
      if (found.status !== 0) return 'absent';
      if (!hasRoot(found.stdout, root)) {
        throw new EnrollkitError('TRUST_FAILED', sentences.cliTrust.foreignEntry(root.name, place));
      }
      const { stdout } = await runOrThrow(system, 'certutil', ['-L', '-d', database]);
      const line = stdout.split('\n').find((one) => one.startsWith(root.name));
      return line?.trim().endsWith(flags) ? 'trusted' : 'partial';
    },
    async add() {
      await runOrThrow(system, 'certutil', add);
    },
    async remove() {
      await runOrThrow(system, 'certutil', remove);
    },
  };
}

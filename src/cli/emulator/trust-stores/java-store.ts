/** The keystore of the Java runtime in JAVA_HOME, or of the `keytool` on the path. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { commandText, type EmulatorRoot, hasRoot, runOrThrow, type TrustStore } from './trust-store.js';
import type { TrustSystem } from './trust-system.js';

export function javaStore(system: TrustSystem, root: EmulatorRoot): TrustStore {
  const home = system.env.JAVA_HOME;
  const inHome = home === undefined ? undefined : join(home, 'bin', 'keytool');
  const keytool = inHome !== undefined && existsSync(inHome) ? inHome : 'keytool';
  const of = ['-cacerts', '-storepass', 'changeit', '-alias', root.name];
  const add = ['-importcert', '-noprompt', ...of, '-file', root.file];
  const remove = ['-delete', ...of];
  return {
    kind: 'java',
    place: `${home ?? 'java'} cacerts`,
    // Where the keystore is not writable, keytool says so.
    needsAdministrator: false,
    steps: (action) => [commandText(keytool, action === 'trust' ? add : remove)],
    async state() {
      const { status, stdout } = await system.run(keytool, ['-exportcert', '-rfc', ...of]);
      if (status === undefined) {
        throw new EnrollkitError('TRUST_FAILED', sentences.cliTrust.notInstalled('keytool'));
      }
      if (status !== 0) return 'absent';
      if (hasRoot(stdout, root)) return 'trusted';
      throw new EnrollkitError('TRUST_FAILED', sentences.cliTrust.foreignEntry(root.name, 'cacerts'));
    },
    async add() {
      await runOrThrow(system, keytool, add);
    },
    async remove() {
      await runOrThrow(system, keytool, remove);
    },
  };
}

/**
 * The trust store of the operating system.
 *
 * Source: update-ca-certificates(8) of Debian and openSUSE; update-ca-trust(8) of Fedora; Arch Linux,
 * trust-extract-compat; security(1) of macOS; Microsoft Learn, certutil.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import {
  isFolder,
  lookAt,
  publicFileMode,
  readTextIfExists,
  unwritable,
  writeFileAtomically,
} from '../../../workspace/files.js';
import {
  commandText,
  type EmulatorRoot,
  hasRoot,
  runOrThrow,
  type TrustAction,
  type TrustStore,
} from './trust-store.js';
import type { TrustSystem } from './trust-system.js';

export function systemStore(system: TrustSystem, root: EmulatorRoot): TrustStore {
  if (system.platform === 'win32') return windowsStore(system, root);
  if (system.platform === 'darwin') return macStore(system, root);
  return linuxStore(system, root);
}

interface Distribution {
  /** Where added roots are kept. */
  folder: string;
  ending: string;
  /** What applies a change; `clean` applies a removal, if that is another command. */
  update: readonly string[];
  clean?: readonly string[];
  /** What programs read. */
  bundle: string;
}

const distributions: readonly Distribution[] = [
  {
    folder: 'etc/pki/ca-trust/source/anchors',
    ending: '.pem',
    update: ['update-ca-trust', 'extract'],
    bundle: 'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  },
  {
    folder: 'etc/ca-certificates/trust-source/anchors',
    ending: '.crt',
    update: ['trust', 'extract-compat'],
    bundle: 'etc/ca-certificates/extracted/tls-ca-bundle.pem',
  },
  {
    folder: 'usr/share/pki/trust/anchors',
    ending: '.pem',
    update: ['update-ca-certificates'],
    bundle: 'var/lib/ca-certificates/ca-bundle.pem',
  },
  {
    folder: 'usr/local/share/ca-certificates',
    ending: '.crt',
    update: ['update-ca-certificates'],
    // Without it, links to deleted files stay in /etc/ssl/certs.
    clean: ['update-ca-certificates', '--fresh'],
    bundle: 'etc/ssl/certs/ca-certificates.crt',
  },
];

function linuxStore(system: TrustSystem, root: EmulatorRoot): TrustStore {
  const found = distributions.find(({ folder }) => isFolder(join(system.root, folder)));
  const { folder, ending, update, clean = update, bundle } = found ?? distributions.at(-1)!;
  const place = join(system.root, folder);
  const file = join(place, `${root.name}${ending}`);
  const commandOf = (action: TrustAction) => (action === 'trust' ? update : clean);
  /** @throws EnrollkitError TRUST_FAILED if the file is not that of the root */
  const isThere = () => {
    const stats = lookAt(file);
    if (stats === undefined) return false;
    if (stats.isFile() && hasRoot(readTextIfExists(file) ?? '', root)) return true;
    throw new EnrollkitError('TRUST_FAILED', sentences.cliTrust.foreignFile(file));
  };
  const isInBundle = () => hasRoot(readTextIfExists(join(system.root, bundle)) ?? '', root);
  const apply = (action: TrustAction) => {
    const [program, ...args] = commandOf(action);
    return runOrThrow(system, program!, args);
  };
  return {
    kind: 'system',
    place,
    ...(found === undefined ? { unusable: sentences.cliTrust.unknownSystem } : {}),
    needsAdministrator: !system.isAdministrator,
    steps: (action) => [
      action === 'trust' ? sentences.cliTrust.writes(file) : sentences.cliTrust.deletes(file),
      commandOf(action).join(' '),
    ],
    async state() {
      const [anchor, bundled] = [isThere(), isInBundle()];
      return bundled ? 'trusted' : anchor ? 'partial' : 'absent';
    },
    async add() {
      if (!isThere()) writeFileAtomically(file, root.pem, publicFileMode);
      await apply('trust');
    },
    async remove() {
      if (isThere()) {
        try {
          rmSync(file);
        } catch (cause) {
          throw unwritable(file, cause);
        }
      }
      await apply('untrust');
    },
  };
}

const keychain = '/Library/Keychains/System.keychain';

function macStore(system: TrustSystem, root: EmulatorRoot): TrustStore {
  const add = ['add-trusted-cert', '-d', '-r', 'trustRoot', '-k', keychain, root.file];
  const untrust = ['remove-trusted-cert', '-d', root.file];
  const remove = ['delete-certificate', '-Z', root.sha1, keychain];
  return {
    kind: 'system',
    place: keychain,
    needsAdministrator: !system.isAdministrator,
    steps: (action) =>
      (action === 'trust' ? [add] : [untrust, remove]).map((args) => commandText('security', args)),
    async state() {
      const { stdout } = await runOrThrow(system, 'security', ['find-certificate', '-a', '-Z', keychain]);
      if (!stdout.toUpperCase().includes(root.sha256)) return 'absent';
      const verified = await system.run('security', ['verify-cert', '-c', root.file]);
      return verified.status === 0 ? 'trusted' : 'partial';
    },
    async add() {
      await runOrThrow(system, 'security', add);
    },
    async remove() {
      // It fails where the trust settings are gone already; the certificate is what counts.
      await system.run('security', untrust);
      await runOrThrow(system, 'security', remove);
    },
  };
}

/** The user's own store, which needs no special rights; Windows itself asks before it adds a root. */
function windowsStore(system: TrustSystem, root: EmulatorRoot): TrustStore {
  // NSS has a program of the same name.
  const program = `${system.env.SystemRoot ?? 'C:\\Windows'}\\System32\\certutil.exe`;
  const add = ['-user', '-addstore', 'Root', root.file];
  const remove = ['-user', '-delstore', 'Root', root.sha1];
  return {
    kind: 'system',
    place: 'CurrentUser\\Root',
    needsAdministrator: false,
    steps: (action) => [commandText(program, action === 'trust' ? add : remove)],
    async state() {
      const { status } = await system.run(program, ['-user', '-store', 'Root', root.sha1]);
      return status === 0 ? 'trusted' : 'absent';
    },
    async add() {
      await runOrThrow(system, program, add);
    },
    async remove() {
      await runOrThrow(system, program, remove);
    },
  };
}

/** The commands of the two scripts named certGen.sh, and the environment of ca-certs.ps1. */
import { EnrollkitError } from '../../errors.js';
import type { Command, Context, Input } from '../kernel/untyped-command.js';
import { outputFlags, passphraseFileFlag } from '../kernel/untyped-flags.js';

export const certgen: Command = {
  description:
    'What certGen.sh does, without bash and openssl: the same commands leave the same files in the current folder. Commands: create_root_and_intermediate; create_verification_certificate, create_device_certificate, create_device_certificate_from_intermediate and create_edge_device_certificate, each with a name. With --edge, those of the script of IoT Edge: also install_root_ca_from_files, install_root_ca_from_cli, create_edge_device_ca_certificate, create_edge_device_identity_certificate and create_edge_server_certificate. And env, for the environment that ca-certs.ps1 sets. Certificates for tests: they last 30 days. docs/certgen.md tells every difference.',
  arguments: [
    { name: 'command', summary: 'one of those above' },
    {
      name: 'name',
      summary: 'a device ID, a host name or a verification code; two files for install_root_ca_from_files',
      optional: true,
      repeatable: true,
    },
  ],
  flags: [
    { name: 'edge', summary: 'as the script of the IoT Edge repository does' },
    { name: 'dir', value: 'FOLDER', summary: 'the folder (default: the current one)' },
    { name: 'force', summary: 'make a CA where there is one; the old one is moved into a folder of its own' },
    {
      ...passphraseFileFlag,
      summary: 'the passphrase of CA keys and PFX files is the first line of this file',
    },
    {
      name: 'root-passphrase-file',
      value: 'FILE',
      summary: 'install_root_ca_...: the passphrase of the key that is brought, when it is another one',
    },
    { name: 'hub', value: 'HOST', summary: 'env: the host name of the IoT hub' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['shell', 'powershell', 'json'],
      summary: 'env: how it is written (default: shell)',
    },
    ...outputFlags,
  ],
  examples: [
    {
      line: 'certgen create_root_and_intermediate',
      summary: 'a root and an intermediate, in the current folder',
    },
    { line: 'certgen create_device_certificate mydevice', summary: 'a device below the root' },
    {
      line: 'certgen create_edge_device_ca_certificate gateway --edge',
      summary: 'as the script of IoT Edge',
    },
    {
      line: 'certgen env mydevice --hub contoso.azure-devices.net',
      summary: 'for the samples; in a shell: eval "$(enrollkit certgen env ...)"',
    },
  ],
  takesPem: true,
  run,
};

async function run(input: Input, context: Context): Promise<void> {
  const [command, ...names] = input.arguments as [string, ...string[]];
  const { flags } = input;
  const { edgeScript, sdkScript } = await import('../../certgen/scripts.js');
  const script = flags.edge ? edgeScript : sdkScript;
  const folder = (flags.dir as string | undefined) ?? '.';
  if (command === 'env') {
    const { printDeviceEnvironment } = await import('./certgen-environment.js');
    return printDeviceEnvironment(script, folder, only(command, names, 'a device ID'), input, context);
  }
  const { makeAuthority, makeCertificate } = await import('./certgen.run.js');
  if (command === 'create_root_and_intermediate') {
    if (names.length > 0) throw usage(`${command} takes no name.`);
    return makeAuthority({ script, folder }, input, context);
  }
  if (flags.edge && (command === 'install_root_ca_from_files' || command === 'install_root_ca_from_cli')) {
    const { readRoot } = await import('./certgen-root.js');
    return makeAuthority(
      { script, folder, root: await readRoot(command, names, flags, context) },
      input,
      context,
    );
  }
  const issuing = Object.hasOwn(script.commands, command) ? script.commands[command] : undefined;
  if (!issuing) {
    const inOther = Object.hasOwn((flags.edge ? sdkScript : edgeScript).commands, command);
    const installs = command.startsWith('install_root_ca_from_');
    if (inOther || installs) throw usage(`${command} ${flags.edge ? 'is no command with' : 'needs'} --edge.`);
    throw usage(`There is no certgen command "${command}".`);
  }
  return makeCertificate(
    { script, folder, command: issuing, name: only(command, names, 'a name') },
    input,
    context,
  );
}

function only(command: string, names: readonly string[], what: string): string {
  if (names.length === 1) return names[0]!;
  throw usage(
    `${command} takes ${what}${names.length === 0 ? '' : `, and one only; got ${names.length} words`}.`,
  );
}

function usage(message: string): EnrollkitError {
  return new EnrollkitError('USAGE', message, { next: 'See enrollkit certgen --help.' });
}

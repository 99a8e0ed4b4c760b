/** Starts the emulator, and sets its variables for the steps that follow. */
import { dirname, join, resolve } from 'node:path';
import { enrollkit, input, install, run, write } from './emulator.mjs';

run(() => {
  install();
  const folder = input('folder') || 'certs';
  const flags = input('flags')
    .split(/\s+/)
    .filter((flag) => flag !== '');
  write('GITHUB_STATE', 'folder', resolve(folder));
  enrollkit('emulator', 'start', '--detach', '--dir', folder, ...flags);
  const chosen = ['service', 'hub'].flatMap((name) => (input(name) ? [`--${name}`, input(name)] : []));
  const variables = JSON.parse(enrollkit('emulator', 'env', '--dir', folder, '--format', 'json', ...chosen));
  for (const [name, value] of Object.entries(variables)) {
    // The keys are those of this emulator only; masked all the same, so that no log looks as if it had secrets.
    const secret =
      /SharedAccessKey=([^;]+)/.exec(value)?.[1] ?? (/(TOKEN|SECRET)$/.test(name) ? value : undefined);
    if (secret) console.log(`::add-mask::${secret}`);
    write('GITHUB_ENV', name, value);
  }
  write('GITHUB_OUTPUT', 'id-scope', variables.PROVISIONING_IDSCOPE);
  write('GITHUB_OUTPUT', 'ca-file', variables.SSL_CERT_FILE);
  write('GITHUB_OUTPUT', 'log', join(dirname(variables.SSL_CERT_FILE), 'emulator.log'));
  console.log(`The emulator is ready: ID scope ${variables.PROVISIONING_IDSCOPE}.`);
});

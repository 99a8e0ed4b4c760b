/** `certgen env`: a device's certificate as environment variables. */
import { deviceEnvironment } from '../../certgen/device-environment.js';
import type { Script } from '../../certgen/scripts.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import type { certgen } from './certgen.js';

export function printDeviceEnvironment(
  script: Script,
  folder: string,
  name: string,
  flags: FlagsOf<typeof certgen>,
  { output }: Context,
): void {
  const hub = flags.hub;
  if (hub === undefined || !/^[A-Za-z0-9.-]+$/.test(hub)) {
    throw new EnrollkitError('USAGE', sentences.cliCertgen.needsHub, {
      next: sentences.cliCertgen.addHub,
    });
  }
  const variables = deviceEnvironment(folder, script, name, hub);
  if (output.json || flags.format === 'json') {
    output.value(variables);
    return;
  }
  const lines = Object.entries(variables).map(([variable, value]) =>
    flags.format === 'powershell'
      ? `$env:${variable} = '${value.replaceAll("'", "''")}'`
      : `export ${variable}='${value.replaceAll("'", `'\\''`)}'`,
  );
  output.data(lines.join('\n'));
}

/** `enrollkit fleet issue`: from flags to a fleet. */
import { availableParallelism } from 'node:os';
import { EnrollkitError } from '../../errors.js';
import type { DeviceSource } from '../../fleet/devices/device-source.js';
import { patternSource } from '../../fleet/devices/device-source.js';
import { parsePattern } from '../../fleet/devices/id-pattern.js';
import { parseShard, rangeOf } from '../../fleet/devices/shard.js';
import { issueFleet } from '../../fleet/issue/issue-fleet.js';
import type { FleetRequest } from '../../fleet/issue/request.js';
import type { FleetFormat } from '../../fleet/issue/worker-messages.js';
import type { KeyAlgorithm } from '../../pki/keys.js';
import { subjectFrom } from '../cert/make-certificate.js';
import { withPassphrase } from '../input/passphrase.js';
import { profileFor } from '../input/profile.js';
import { signingCa } from '../input/signing-ca.js';
import type { Context, Input } from '../kernel/untyped-command.js';
import { here } from '../terminal/display-path.js';
import { numberText } from '../terminal/number-text.js';
import { fleetFiles } from './flags.js';
import { fleetProgress } from './fleet-progress.js';

/** @throws EnrollkitError of the flags, the list, the CA, the profile, and what `issueFleet` throws */
export async function issueFromFlags({ flags }: Input, context: Context): Promise<void> {
  const { output, signal } = context;
  const places = placesFrom(flags, context);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard as string);
  const profile = profileFor('device', flags);
  const { commonName: _, ...subject } = subjectFrom('', flags);
  const source = await sourceFrom(flags, subject);
  const ca = await withPassphrase(flags, context, (opening) => signingCa(flags, opening, 'intermediate'));
  const request: FleetRequest = {
    source,
    range: shard ? rangeOf(shard, source.count) : { begin: 0, end: source.count },
    ca: { certificate: ca.pem, privateKey: ca.privateKey, parsed: ca.certificate, chainPem: ca.chainPem },
    profile,
    keyAlgorithm: (flags.keyAlgorithm as KeyAlgorithm | undefined) ?? 'ec-p256',
    validityDays: flags.days as number | undefined,
    subject,
    pfx: flags.pfx === true,
    ...places,
  };
  const progress = fleetProgress(output, request.range.end - request.range.begin, flags.quiet === true);
  const started = performance.now();
  const result = await issueFleet(request, {
    workers: (flags.workers as number | undefined) ?? availableParallelism(),
    at: context.now(),
    signal,
    onProgress: (devices) => progress.on(devices),
  }).finally(() => progress.end());

  const seconds = (performance.now() - started) / 1000;
  const { out, manifest, format } = places;
  if (output.json) {
    output.value({
      ...result,
      format,
      out,
      manifest,
      ...(shard ? { shard: `${shard.index}/${shard.of}` } : {}),
      elapsedMs: Math.round(seconds * 1000),
    });
    return;
  }
  // Standard output belongs to the devices when they go there.
  const tell = typeof out === 'string' ? output.data.bind(output) : output.say.bind(output);
  const where = typeof out === 'string' ? ` in ${here(out)}` : '';
  if (result.made === 0)
    tell(`${numberText(result.devices)} devices are${where} already; nothing was changed.`);
  else {
    const before = result.devices - result.made;
    const earlier = before > 0 ? `, ${numberText(before)} of them made earlier` : '';
    tell(`${numberText(result.devices)} devices${where}${earlier} (${seconds.toFixed(1)} s)`);
  }
  tell(`valid until ${result.notAfter}; listed in ${here(manifest)}`);
}

async function sourceFrom(flags: Input['flags'], subject: FleetRequest['subject']): Promise<DeviceSource> {
  const { pattern, from } = flags as Record<string, string | undefined>;
  const count = flags.count as number | undefined;
  if (from !== undefined) {
    if (pattern === undefined && count === undefined) {
      return (await import('../../fleet/devices/device-list.js')).listSource(from, subject);
    }
    const other = pattern === undefined ? '--count' : '--pattern';
    throw new EnrollkitError('USAGE', `--from and ${other} were both given.`, {
      next: "Give --from FILE, or --count N --pattern 'sensor-{000001..}'.",
    });
  }
  if (pattern === undefined) {
    throw new EnrollkitError('USAGE', 'Which devices? Neither --pattern nor --from was given.', {
      next: "Give --count N --pattern 'sensor-{000001..}', or --from FILE.csv.",
    });
  }
  const parsed = parsePattern(pattern, count);
  return patternSource(parsed.pattern, parsed.count);
}

function placesFrom(
  flags: Input['flags'],
  { output }: Context,
): Pick<FleetRequest, 'format' | 'out' | 'manifest'> {
  const format = (flags.format as FleetFormat | undefined) ?? 'dir';
  const given = flags.out as string | undefined;
  if (given === '')
    throw new EnrollkitError('USAGE', '--out is empty.', { next: 'Name a file or a folder.' });
  const path = given ?? (format === 'dir' ? 'fleet' : '-');
  const manifest = flags.manifest as string | undefined;
  if (path !== '-') {
    return { format, ...fleetFiles(path, flags) };
  }
  if (format === 'dir') {
    throw new EnrollkitError('USAGE', 'Folders do not go to standard output.', {
      next: 'Name a folder with --out FOLDER, or choose --format ndjson or --format tar.',
    });
  }
  if (output.json) {
    throw new EnrollkitError(
      'USAGE',
      'Both the devices and the result of --json would go to standard output.',
      {
        next: 'Name a file with --out FILE.',
      },
    );
  }
  return { format, out: output.stdout, manifest: manifest ?? 'fleet.manifest.csv' };
}

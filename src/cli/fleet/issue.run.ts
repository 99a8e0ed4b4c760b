/** `enrollkit fleet issue`: from flags to a fleet. */
import { availableParallelism } from 'node:os';
import { EnrollkitError } from '../../errors.js';
import type { DeviceSource } from '../../fleet/devices/device-source.js';
import { patternSource } from '../../fleet/devices/device-source.js';
import { parsePattern } from '../../fleet/devices/id-pattern.js';
import { parseShard, rangeOf } from '../../fleet/devices/shard.js';
import { issueFleet } from '../../fleet/issue/issue-fleet.js';
import type { FleetRequest } from '../../fleet/issue/request.js';
import { subjectFrom } from '../input/certificate-names.js';
import { withPassphrase } from '../input/passphrase.js';
import { profileFor } from '../input/profile.js';
import { signingCa } from '../input/signing-ca.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { displayPath, numberText } from '../terminal/text.js';
import { fleetFiles } from './flags.js';
import { fleetProgress } from './fleet-progress.js';
import type { fleetIssue } from './issue.js';

/** @throws EnrollkitError of the flags, the list, the CA, the profile, and what `issueFleet` throws */
export const run: RunOf<typeof fleetIssue> = async ({ flags }, context) => {
  const { output, signal } = context;
  const places = placesFrom(flags, context);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
  const profile = profileFor('device', flags);
  const { commonName: _, ...subject } = subjectFrom('', flags);
  const source = await sourceFrom(flags, subject);
  const ca = await withPassphrase(flags, context, (opening) => signingCa(flags, opening, 'intermediate'));
  const request: FleetRequest = {
    source,
    range: shard ? rangeOf(shard, source.count) : { begin: 0, end: source.count },
    ca: { certificate: ca.pem, privateKey: ca.privateKey, parsed: ca.certificate, chainPem: ca.chainPem },
    profile,
    keyAlgorithm: flags.keyAlgorithm ?? 'ec-p256',
    validityDays: flags.days,
    subject,
    pfx: flags.pfx === true,
    ...places,
  };
  const progress = fleetProgress(output, request.range.end - request.range.begin, flags.quiet === true);
  const started = performance.now();
  const result = await issueFleet(request, {
    workers: flags.workers ?? availableParallelism(),
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
  // Standard output may have the devices.
  const tell = typeof out === 'string' ? output.result.bind(output) : output.note.bind(output);
  const where = typeof out === 'string' ? ` in ${displayPath(out)}` : '';
  if (result.made === 0)
    tell(
      'fleet.issue.unchanged',
      `${numberText(result.devices)} devices are${where} already; nothing was changed.`,
    );
  else {
    const before = result.devices - result.made;
    const earlier = before > 0 ? `, ${numberText(before)} of them made earlier` : '';
    tell('fleet.issued', `${numberText(result.devices)} devices${where}${earlier} (${seconds.toFixed(1)} s)`);
  }
  tell('fleet.issue.listed', `valid until ${result.notAfter}; listed in ${displayPath(manifest)}`);
};

async function sourceFrom(
  flags: FlagsOf<typeof fleetIssue>,
  subject: FleetRequest['subject'],
): Promise<DeviceSource> {
  const { pattern, from, count } = flags;
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
  flags: FlagsOf<typeof fleetIssue>,
  { output }: Context,
): Pick<FleetRequest, 'format' | 'out' | 'manifest'> {
  const format = flags.format ?? 'dir';
  const given = flags.out;
  if (given === '')
    throw new EnrollkitError('USAGE', '--out is empty.', { next: 'Name a file or a folder.' });
  const path = given ?? (format === 'dir' ? 'fleet' : '-');
  const manifest = flags.manifest;
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

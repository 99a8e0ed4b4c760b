/** `enrollkit fleet issue`: from flags to a fleet. */
import { EnrollkitError } from '../../errors.js';
import {
  type DeviceSource,
  devicesFromPattern,
  parseShard,
  shardRange,
} from '../../fleet/devices/device-source.js';
import { loadFormat } from '../../fleet/formats/formats.js';
import { type IssueFleetOptions, issueFleet } from '../../fleet/issue-fleet.js';
import { subjectFrom } from '../input/certificate-names.js';
import { withPassphrase } from '../input/passphrase.js';
import { profileFor } from '../input/profile.js';
import { signingCa, signingTime } from '../input/signing-ca.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { displayPath, numberText } from '../terminal/text.js';
import { fleetFiles } from './flags.js';
import { fleetProgress } from './fleet-progress.js';
import type { fleetIssue } from './issue.js';

/** @throws EnrollkitError of the flags, the list, the CA, the profile, and what `issueFleet` throws */
export const run: RunOf<typeof fleetIssue> = async ({ flags }, context) => {
  const { output, signal } = context;
  const places = await placesFrom(flags, context);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
  const profile = profileFor('device', flags);
  const { commonName: _, ...subject } = subjectFrom('', flags);
  const source = await sourceFrom(flags, subject);
  const ca = await withPassphrase(flags, context, (opening) => signingCa(flags, opening, 'intermediate'));
  const range = shard ? shardRange(shard, source.count) : { begin: 0, end: source.count };
  const progress = fleetProgress(output, range.end - range.begin, flags.quiet === true);
  const started = performance.now();
  const result = await issueFleet({
    source,
    range,
    ca: { certificate: ca.pem, privateKey: ca.privateKey, chainPem: ca.chainPem },
    profile,
    keyAlgorithm: flags.keyAlgorithm,
    validityDays: flags.days,
    subject,
    pfx: flags.pfx === true,
    force: flags.force === true,
    ...places,
    workers: flags.workers,
    at: await signingTime(ca, context),
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
  subject: IssueFleetOptions['subject'],
): Promise<DeviceSource> {
  const { pattern, from, count } = flags;
  if (from !== undefined) {
    if (pattern === undefined && count === undefined) {
      return (await import('../../fleet/devices/device-list.js')).devicesFromList(from, subject);
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
  return devicesFromPattern(pattern, count);
}

async function placesFrom(
  flags: FlagsOf<typeof fleetIssue>,
  { output }: Context,
): Promise<Pick<IssueFleetOptions, 'format' | 'out' | 'manifest'>> {
  const format = flags.format ?? 'dir';
  const isFolder = (await loadFormat(format)).folder !== undefined;
  const given = flags.out;
  if (given === '')
    throw new EnrollkitError('USAGE', '--out is empty.', { next: 'Name a file or a folder.' });
  const path = given ?? (isFolder ? 'fleet' : '-');
  const manifest = flags.manifest;
  if (path !== '-') {
    return { format, ...fleetFiles(path, flags) };
  }
  if (isFolder) {
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

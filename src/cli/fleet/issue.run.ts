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
import { sentences } from '../../languages/language.js';
import { subjectFrom } from '../input/certificate-names.js';
import { fleetFiles } from '../input/fleet-files.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { withPassphrase } from '../input/passphrase.js';
import { profileFor } from '../input/profile.js';
import { signingCa, signingTime } from '../input/signing-ca.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { displayPath } from '../terminal/text.js';
import { fleetProgress } from './fleet-progress.js';
import { pictureFor, speedLines } from './fleet-summary.js';
import type { fleetIssue } from './issue.js';

/** @throws EnrollkitError of the flags, the list, the CA, the profile, and what `issueFleet` throws */
export const run: RunOf<typeof fleetIssue> = async ({ flags }, context) => {
  const { output, signal, env } = context;
  const places = await placesFrom(flags, context);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
  const profile = profileFor('device', flags);
  const { commonName: _, ...subject } = subjectFrom('', flags);
  const source = await sourceFrom(flags, subject);
  const ca = await withPassphrase(flags, context, (opening) => signingCa(flags, opening, 'intermediate'));
  const passphrase = flags.encryptKey
    ? await newPassphrase(flags, context, sentences.cliFleet.deviceKeys)
    : undefined;
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
    passphrase,
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
  const where = typeof out === 'string' ? displayPath(out) : undefined;
  if (result.made === 0) tell('fleet.issue.unchanged', sentences.cliFleet.unchanged(result.devices, where));
  else {
    const before = result.devices - result.made;
    tell('fleet.issued', sentences.cliFleet.issued(result.devices, where, before, seconds));
  }
  tell('fleet.issue.listed', sentences.cliFleet.listed(result.notAfter, displayPath(manifest)));
  const stream = typeof out === 'string' ? output.stdout : output.stderr;
  const speed = speedLines(result, sentences.cliFleet.issueLatency, pictureFor(stream, env));
  if (speed.length > 0) tell('fleet.issue.speed', speed.join('\n'));
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
    throw new EnrollkitError('USAGE', sentences.cliFleet.fromOrPattern(other), {
      next: sentences.cliFleet.fromOrPatternNext,
    });
  }
  if (pattern === undefined) {
    throw new EnrollkitError('USAGE', sentences.cliFleet.noDevices, {
      next: sentences.cliFleet.noDevicesNext,
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
    throw new EnrollkitError('USAGE', sentences.cliFleet.emptyOut, { next: sentences.cliFleet.emptyOutNext });
  const path = given ?? (isFolder ? 'fleet' : '-');
  const manifest = flags.manifest;
  if (path !== '-') {
    return { format, ...fleetFiles(path, flags) };
  }
  if (isFolder) {
    throw new EnrollkitError('USAGE', sentences.cliFleet.noFolderToStdout, {
      next: sentences.cliFleet.noFolderToStdoutNext,
    });
  }
  if (output.json) {
    throw new EnrollkitError('USAGE', sentences.cliFleet.devicesOrJson, {
      next: sentences.cliFleet.nameOutFile,
    });
  }
  return { format, out: output.stdout, manifest: manifest ?? 'fleet.manifest.csv' };
}

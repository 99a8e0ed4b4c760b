/** The certificate profile of `--profile`, or the built-in one of a role. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { loadProfile, type Profile, profileSchema, type Role } from '../../pki/make/profile.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import type { pathLengthFlag, profileFlag } from './certificate-flags.js';
import { readJsonDocument } from './json-document.js';

/**
 * The profile of `--profile FILE`, or that of the role; with the path length of `--path-length`, if it is given.
 *
 * @throws EnrollkitError FILE_UNREADABLE; INVALID_PROFILE with file, line and column of each problem; USAGE for a path
 *   length of a role that is not a CA
 */
export function profileFor(
  role: Role,
  flags: FlagValues<typeof profileFlag & typeof pathLengthFlag>,
): Profile {
  const path = flags.profile;
  const profile = path === undefined ? loadProfile(role) : readProfile(role, path);
  const pathLength = flags.pathLength;
  if (pathLength === undefined) return profile;
  if (!profile.basicConstraints.certificateAuthority) {
    throw new EnrollkitError('USAGE', sentences.cliInput.profile.notACa(role));
  }
  return { ...profile, basicConstraints: { ...profile.basicConstraints, pathLength } };
}

/** Says if the issuer allows a shorter path length than was asked for. */
export function noteIfShallow(
  { basicConstraints }: Certificate,
  flags: FlagValues<typeof profileFlag & typeof pathLengthFlag>,
  { output }: Context,
): void {
  const got = basicConstraints?.pathLength;
  if (flags.pathLength === undefined || got === flags.pathLength) return;
  output.note('cert.shallower', sentences.cliInput.profile.shallower(String(got)));
}

function readProfile(role: Role, path: string): Profile {
  const { value, at } = readJsonDocument(path, profileSchema, invalid);
  if (value.role === role) return value;
  throw invalid(sentences.cliInput.profile.otherRole(at(['role']), value.role, role));
}

function invalid(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_PROFILE', message, {
    next: sentences.cliInput.profile.correct,
  });
}

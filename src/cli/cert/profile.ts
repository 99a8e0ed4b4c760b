/** A certificate profile of the person's own, in place of the one that comes along. */
import { EnrollkitError } from '../../errors.js';
import { loadProfile, type Profile, profileSchema, type Role } from '../../pki/profile.js';
import { readJsonDocument } from '../json-document.js';

/**
 * The profile of `--profile FILE`, or that of the role.
 *
 * @throws EnrollkitError FILE_UNREADABLE, or INVALID_PROFILE with file, line and column of each problem
 */
export function profileFor(role: Role, path: string | undefined): Profile {
  if (path === undefined) return loadProfile(role);
  const { value, at } = readJsonDocument(path, profileSchema, invalid);
  if (value.role === role) return value;
  throw invalid(`${at(['role'])}: this is a profile for the role ${value.role}; here it must be ${role}.`);
}

function invalid(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_PROFILE', message, {
    next: 'Correct the profile at the place named; templates/profiles/profile.schema.json says what may stand there.',
  });
}

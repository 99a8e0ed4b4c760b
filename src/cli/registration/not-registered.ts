import { EnrollkitError } from '../../errors.js';

/** @param sameFolder the flag that makes a suggested command use the same folder */
export function notRegistered(registrationId: string, sameFolder: string): EnrollkitError {
  return new EnrollkitError('NOT_FOUND', `The device ${registrationId} has no registration record.`, {
    next: `Register the device first, or list those that are registered: enrollkit group devices GROUP${sameFolder}`,
  });
}

/** What runs with nobody to answer: on a timer, or because a connection ended. */
import { EnrollkitError } from '../../errors.js';

/**
 * Keeps an error of the disk, such as a full one, from ending the process: the database has reported it already. Any
 * other error is a defect, and is thrown.
 */
export function unattended<Arguments extends unknown[]>(
  act: (...args: Arguments) => void,
): (...args: Arguments) => void {
  return (...args) => {
    try {
      act(...args);
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
    }
  };
}

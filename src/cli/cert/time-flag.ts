import { EnrollkitError } from '../../errors.js';

/**
 * A flag's value as a time: a date, or a date and time, in ISO 8601; UTC where it does not say otherwise.
 *
 * @throws EnrollkitError USAGE
 */
export function parseTime(flag: string): (text: string) => Date {
  return (text) => {
    const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(text);
    const time = new Date(text.includes('T') && !hasZone ? `${text}Z` : text);
    if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d.*)?$/.test(text) && !Number.isNaN(time.getTime())) return time;
    throw new EnrollkitError(
      'USAGE',
      `--${flag} takes a time such as 2027-01-31 or 2027-01-31T12:00:00Z, not "${text}".`,
    );
  };
}

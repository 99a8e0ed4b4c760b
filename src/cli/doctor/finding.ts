/** What doctor finds. */
import { EnrollkitError, isAbort } from '../../errors.js';

export type Severity = 'error' | 'warning' | 'info';

/** What is wrong, or, with the severity `info`, what was looked at and is right. */
export interface Finding {
  /** One of docs/troubleshooting.md, or an error code. */
  code: string;
  severity: Severity;
  message: string;
  /** What to do; null when there is nothing to do. */
  fix: string | null;
}

export function info(code: string, message: string): Finding {
  return { code, severity: 'info', message, fix: null };
}

export function warning(code: string, message: string, fix: string): Finding {
  return { code, severity: 'warning', message, fix };
}

export function failure(code: string, message: string, fix: string): Finding {
  return { code, severity: 'error', message, fix };
}

/**
 * An error of a check as a finding.
 *
 * @throws what was thrown, unless it is an error of the error table; also an interruption
 */
export function findingOf(thrown: unknown, severity: Severity = 'error'): Finding {
  if (!(thrown instanceof EnrollkitError) || isAbort(thrown) || thrown.code === 'INTERNAL') throw thrown;
  return { code: thrown.code, severity, message: thrown.message, fix: thrown.next };
}

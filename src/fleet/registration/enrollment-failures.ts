/** Why an enrollment of a fleet failed. */

import { errorCodeOfStatus } from '../../dps/client/http/reply-error.js';
import type { BulkError } from '../../dps/contract/schemas.js';
import { dpsErrors, statusOf } from '../../dps/contract/wire-error.js';
import { nextStep } from '../../errors.js';
import { explainServiceCode } from '../../explanations/explain.js';
import { sentences } from '../../languages/language.js';
import type { DeviceFailure } from './failures.js';

/** An existing enrollment differs from a new one, and must not be changed. */
export function conflict(registrationId: string, different: readonly string[]): DeviceFailure {
  return {
    code: 'CONFLICT',
    errorCode: dpsErrors.enrollmentConflict.errorCode,
    message: sentences.fleet.enrollmentExists(registrationId, different),
    next: sentences.fleet.deleteOrUpdate(registrationId),
  };
}

/** Whether an error of a bulk request means that the enrollment has changed since it was read. */
export function isStale({ errorCode }: BulkError, existed: boolean): boolean {
  const status = statusOf(errorCode);
  return status === 409 || (existed && (status === 412 || status === 404));
}

/** An error of a bulk request. */
export function refusal(registrationId: string, { errorCode, errorStatus }: BulkError): DeviceFailure {
  const code = errorCodeOfStatus(statusOf(errorCode));
  const reason = errorStatus.replace(/\.$/, '');
  return {
    code,
    errorCode,
    message: sentences.fleet.enrollmentRefused(registrationId, reason, errorCode),
    next: (code === 'REFUSED' ? explainServiceCode(errorCode)?.next : undefined) ?? nextStep(code),
  };
}

/** @param different undefined when it was not found */
export function notReadBack(registrationId: string, different: readonly string[] | undefined): DeviceFailure {
  return {
    code: 'NOT_READ_BACK',
    message: different
      ? sentences.fleet.readBackDifferent(registrationId, different)
      : sentences.fleet.notReadBack(registrationId),
    next: nextStep('NOT_READ_BACK'),
  };
}

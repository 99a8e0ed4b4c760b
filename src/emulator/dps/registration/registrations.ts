/**
 * Registrations of devices, the same for every transport: register, poll, look up. All provisioning services share an
 * endpoint for devices; the ID scope in a request selects the service.
 *
 * A device is assigned at once. The first answer is `assigning` all the same, like that of the real service, and the
 * first poll returns the outcome.
 */
import { randomUUID } from 'node:crypto';
import { firstTrueSubstatusApiVersion } from '../../../dps/contract/api-versions.js';
import { sameId } from '../../../dps/contract/ids.js';
import type { RegistrationOperation, RegistrationState } from '../../../dps/contract/schemas.js';
import { dpsErrors } from '../../../dps/contract/wire-error.js';
import { Recent } from '../../wire/recent.js';
import { wireTimestamp } from '../../wire/timestamp.js';
import type { Decision, DeviceIdentity } from '../attestation/device-attestation.js';
import { assertNoMissingType, missingTypeOf } from '../attestation/kinds.js';
import { DpsError, toDpsError } from '../dps-error.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { assertFewer } from '../quotas.js';
import { reprovisioning } from '../state/enrollment-settings.js';
import type { RegistrationRecord } from '../state/stored-registrations.js';
import { type Allocation, allocate } from './allocation.js';
import { WebhookFailure } from './allocation-webhook.js';
import { answerCredentialRequest, type IssuedCredential } from './credential-request.js';
import { hubRefusal } from './hub-refusal.js';
import { assertLegalId } from './legal-id.js';
import { moveDevice } from './move-device.js';
import { policyIssuer } from './policy-issuer.js';
import {
  type RegistrationRequest,
  type RequestWithBody,
  readRegistrationBody,
} from './registration-request.js';
import { toRegistrationState } from './registration-state.js';
import type { AcceptedRegistration, RegistrationVerdict } from './verdict.js';
import { webhookRequestOf } from './webhook-request.js';

/** Why a device was not assigned to a hub. */
interface AllocationFailure {
  errorCode: number;
  errorMessage: string;
}

const keptTpmOutcomes = 1000;

export class Registrations {
  readonly #serviceOf: (idScope: string) => ProvisioningService | undefined;
  readonly #now: () => Date;
  readonly #onVerdict: (verdict: RegistrationVerdict) => void;
  /** The devices whose registration is not decided yet. */
  readonly #undecided = new Set<string>();
  /** The outcomes of devices with a TPM, by operation. */
  readonly #failedTpm = new Recent<string, RegistrationState & { registrationId: string }>(keptTpmOutcomes);

  /** @param onVerdict called when the request of a device was decided, before it is answered */
  constructor(
    services: { byIdScope(idScope: string): ProvisioningService | undefined },
    now: () => Date,
    onVerdict: (verdict: RegistrationVerdict) => void = () => {},
  ) {
    this.#serviceOf = (idScope) => services.byIdScope(idScope);
    this.#now = now;
    this.#onVerdict = onVerdict;
  }

  /** Whether there is a provisioning service of this ID scope. */
  knowsIdScope(idScope: string): boolean {
    return this.#serviceOf(idScope) !== undefined;
  }

  /** @throws DpsError */
  async register(request: RequestWithBody): Promise<RegistrationOperation> {
    try {
      const { operation, decision, record } = await this.#register(request);
      if (decision !== undefined && record !== undefined) {
        this.#report(request, acceptedBy(decision.enrollment, record));
      }
      return operation;
    } catch (error) {
      const { kind, errorCode, reason, reasonIn, failures } = toDpsError(error);
      this.#report(request, { type: 'refused', kind, errorCode, reason, reasonIn, failures });
      throw error;
    }
  }

  async #register(request: RequestWithBody): Promise<{
    operation: RegistrationOperation;
    /** Undefined for a device with a TPM. */
    decision?: Decision;
    record?: RegistrationRecord;
  }> {
    const service = this.#findService(request);
    const { csr, payload } = readRegistrationBody(request);
    if (missingTypeOf(request.body) !== undefined) {
      return { operation: this.#registerByMissingType(service, request) };
    }
    const decision = service.attestation.decide(request);
    return this.#exclusively(service, request, async () => {
      service.quotas.registration();
      assertRoom(service, request.registrationId);
      const operationId = newOperationId();
      const operation: RegistrationOperation = { operationId, status: 'assigning' };
      if (decision.enrollment.provisioningStatus === 'disabled') {
        const record = this.#save(service, request, decision, 'disabled', { operationId, issued: undefined });
        return { operation, decision, record };
      }
      const issued = csr == null ? undefined : await this.#issue(service, request, csr, decision);
      const outcome = await allocateHub(service, request, decision, payload);
      const record = this.#save(service, request, decision, outcome, { operationId, issued });
      return { operation, decision, record };
    });
  }

  #report(
    { idScope, registrationId, chain, authorization }: RegistrationRequest,
    outcome: RegistrationVerdict['outcome'],
  ): void {
    const certificates = this.#serviceOf(idScope)?.certificates;
    this.#onVerdict({
      at: this.#now(),
      idScope,
      registrationId,
      chain,
      hasToken: authorization !== undefined,
      verified: certificates?.verified() ?? [],
      unverified: certificates?.unverified() ?? [],
      outcome,
    });
  }

  /**
   * A second registration of a device while the first one is not decided is refused, by a report of Microsoft's own tests.
   *
   * @throws DpsError registrationConflict
   */
  async #exclusively<Result>(
    { number }: ProvisioningService,
    { registrationId }: RegistrationRequest,
    act: () => Promise<Result>,
  ): Promise<Result> {
    const key = `${number}/${registrationId.toLowerCase()}`;
    if (this.#undecided.has(key)) {
      throw new DpsError('registrationConflict', { reason: ({ emulator }) => emulator.reasons.registering });
    }
    this.#undecided.add(key);
    try {
      return await act();
    } finally {
      this.#undecided.delete(key);
    }
  }

  /**
   * A TPM device without an enrollment is accepted at first, and its operation fails (asserted by Microsoft's tests of
   * Azure/azure-iot-sdk-csharp). Anyone can ask for that, so nothing of it is stored.
   *
   * @throws DpsError notImplemented
   */
  #registerByMissingType(
    { individuals }: ProvisioningService,
    { registrationId, chain, body }: RequestWithBody,
  ): RegistrationOperation {
    if (chain.length > 0 || individuals.get(registrationId)) assertNoMissingType(body);
    const operationId = newOperationId();
    const at = wireTimestamp(this.#now());
    const { errorCode, message } = dpsErrors.enrollmentNotFound;
    this.#failedTpm.set(operationId, {
      registrationId,
      createdDateTimeUtc: at,
      status: 'failed',
      errorCode,
      errorMessage: message,
      lastUpdatedDateTimeUtc: at,
    });
    return { operationId, status: 'assigning' };
  }

  /** @throws DpsError */
  async getOperation(request: RegistrationRequest & { operationId: string }): Promise<RegistrationOperation> {
    const { attestation, records, quotas, hubs } = this.#findService(request);
    const { registrationId, operationId } = request;
    const failed = this.#failedTpm.get(operationId);
    if (failed && sameId(failed.registrationId, registrationId)) {
      return { operationId, status: 'failed', registrationState: failed };
    }
    const identity = attestation.identify(request);
    const operation = records.operation(operationId, registrationId);
    const record = operation && records.get(operation.registrationId);
    if (!operation || !record) throw new DpsError('operationNotFound');
    if (operation.identity !== identity.id || !sameId(operation.registrationId, registrationId)) {
      throw new DpsError('unauthorized', { reason: ({ emulator }) => emulator.reasons.otherIdentity });
    }
    quotas.poll(registrationId);
    const registrationState = {
      ...toDeviceState(record, identity, hubs, request.apiVersion),
      ...(operation.issuedChain === undefined ? {} : { issuedCertificateChain: operation.issuedChain }),
    };
    return { operationId, status: record.status, registrationState };
  }

  /**
   * The state of a registration, without registering again.
   *
   * @throws DpsError
   */
  async getState(request: RequestWithBody): Promise<RegistrationState> {
    const { attestation, records, quotas, hubs } = this.#findService(request);
    const { csr } = readRegistrationBody(request);
    assertNoMissingType(request.body);
    if (csr != null) {
      throw new DpsError('badRequest', { message: 'A certificate is asked for by registering only (csr).' });
    }
    const { identity } = attestation.decide(request);
    quotas.poll(request.registrationId);
    const record = records.get(request.registrationId);
    if (!record) throw new DpsError('registrationNotFound');
    return toDeviceState(record, identity, hubs, request.apiVersion);
  }

  #findService({ idScope, registrationId }: RegistrationRequest): ProvisioningService {
    const service = this.#serviceOf(idScope);
    if (!service) {
      throw new DpsError('unknownIdScope', {
        reason: ({ emulator }) => emulator.reasons.unknownIdScope(idScope.slice(0, 40)),
      });
    }
    assertLegalId('registration ID', registrationId);
    return service;
  }

  /** Undefined when the enrollment names no policy: the device is assigned without a certificate, as in Azure. */
  async #issue(
    service: ProvisioningService,
    { registrationId }: RegistrationRequest,
    csr: string,
    { enrollment }: Decision,
  ): Promise<IssuedCredential | undefined> {
    const at = this.#now();
    const issuer = await policyIssuer(service, enrollment, at);
    return issuer && answerCredentialRequest({ csr, registrationId, issuer }, at);
  }

  /** Assigns the device to its hub, and stores the outcome. */
  #save(
    { records, hubs }: ProvisioningService,
    { registrationId }: RegistrationRequest,
    { enrollment, identity, credential }: Decision,
    outcome: Allocation | AllocationFailure | 'disabled',
    { operationId, issued }: { operationId: string; issued: IssuedCredential | undefined },
  ): RegistrationRecord {
    const before = records.get(registrationId);
    const updated = this.#now();
    const base = {
      // As in the first registration: IDs are case-sensitive in the hub, but not in DPS.
      registrationId: before?.registrationId ?? registrationId,
      enrollmentGroupId: 'enrollmentGroupId' in enrollment ? enrollment.enrollmentGroupId : undefined,
      created: before?.created ?? updated,
      updated,
    };
    const operation = { operationId, registrationId, identity: identity.id, issuedChain: issued?.chain };
    const { deviceId: deviceIdBefore, hubId: hubIdBefore } = before ?? {};
    if (outcome === 'disabled') {
      const disabled = { ...base, status: 'disabled', deviceId: deviceIdBefore, hubId: hubIdBefore } as const;
      return records.save(disabled, operation);
    }
    if ('errorCode' in outcome) {
      const [deviceId, hubId] = [deviceIdBefore, hubIdBefore];
      return records.save({ ...base, status: 'failed', deviceId, hubId, ...outcome }, operation);
    }
    const { hub, payload, initialTwin } = outcome;
    const enrolledDeviceId = 'deviceId' in enrollment ? enrollment.deviceId : undefined;
    const deviceId = enrolledDeviceId ?? base.registrationId;
    const previous = before?.hubId === undefined ? undefined : hubs.get(before.hubId);
    const substatus = moveDevice({
      from:
        previous && before?.deviceId !== undefined
          ? { hub: previous.iotHub, deviceId: before.deviceId }
          : undefined,
      to: hub.iotHub,
      device: {
        deviceId,
        // With an issued certificate, the one that registered does not open the hub any more.
        credential: issued?.credential ?? credential,
        iotEdge: enrollment.capabilities?.iotEdge ?? false,
        initialTwin: initialTwin ?? enrollment.initialTwin,
      },
      migratesTwin: reprovisioning(enrollment).migrateDeviceData && initialTwin === undefined,
    });
    const assigned = { ...base, status: 'assigned', deviceId, hubId: hub.hubId, substatus, payload } as const;
    return records.save(assigned, operation);
  }
}

function acceptedBy(
  enrollment: Decision['enrollment'],
  { status, hubId, errorMessage }: RegistrationRecord,
): AcceptedRegistration {
  const by =
    'enrollmentGroupId' in enrollment
      ? ({ kind: 'group', id: enrollment.enrollmentGroupId } as const)
      : ({ kind: 'individual', id: enrollment.registrationId } as const);
  return { type: 'accepted', enrollment: by, status, hubId, errorMessage };
}

/** @throws DpsError throttled when the service has the maximum of registrations, and this is a new one */
function assertRoom({ quotas, records }: ProvisioningService, registrationId: string): void {
  const most = quotas.most('registrations');
  if (most !== Number.POSITIVE_INFINITY && !records.get(registrationId)) {
    assertFewer(() => records.count(), most, 'registrations');
  }
}

async function allocateHub(
  { records, hubs, settings, now }: ProvisioningService,
  { registrationId }: RegistrationRequest,
  decision: Decision,
  payload: unknown,
): Promise<Allocation | AllocationFailure> {
  const before = records.get(registrationId);
  try {
    const allocation = await allocate({
      registrationId,
      enrollment: decision.enrollment,
      defaultPolicy: settings.allocationPolicy,
      hubs,
      previousHubId: before?.hubId,
      webhookRequest: () => webhookRequestOf({ registrationId, decision, before, payload }, hubs),
    });
    if (allocation) return hubRefusal(allocation.hub, now()) ?? allocation;
    const { errorCode, message: errorMessage } = dpsErrors.noHub;
    return { errorCode, errorMessage };
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    return { errorCode: dpsErrors.customAllocationFailed.errorCode, errorMessage: error.message };
  }
}

/** A registration record as the device sees it. */
function toDeviceState(
  record: RegistrationRecord,
  { type }: DeviceIdentity,
  hubs: ProvisioningService['hubs'],
  apiVersion: string,
): RegistrationState {
  const { enrollmentGroupId } = record;
  const state = toRegistrationState(record, hubs, apiVersion);
  const isHidden =
    state.substatus === 'reprovisionedToInitialAssignment' &&
    apiVersion.toLowerCase() < firstTrueSubstatusApiVersion;
  return {
    [type]: enrollmentGroupId === undefined ? {} : { enrollmentGroupId },
    ...state,
    ...(isHidden ? { substatus: 'initialAssignment' } : {}),
  };
}

/** In the form of the real service: partition, 16 hexadecimal digits, GUID. */
function newOperationId(): string {
  // Node.js has GUIDs in store; random bytes take it as long as a statement of SQLite. The middle of a GUID is not random.
  const digits = randomUUID();
  return `4.${digits.slice(0, 8)}${digits.slice(-8)}.${randomUUID()}`;
}

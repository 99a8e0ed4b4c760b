/**
 * Devices registering themselves, whatever the transport: register, poll, look up.
 *
 * A device is assigned at once; the first answer is `assigning` all the same, as the real service's is, and the first
 * poll gives the outcome.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { sameId } from '../../../dps/contract/ids.js';
import type {
  AllocationPolicy,
  RegistrationOperation,
  RegistrationState,
} from '../../../dps/contract/schemas.js';
import { dpsErrors } from '../../../dps/contract/wire-error.js';
import { DpsError } from '../dps-error.js';
import { assertFewer, type Quotas } from '../quotas.js';
import type { IssuingAuthorities } from '../state/issuing-authorities.js';
import type { LinkedHubs } from '../state/linked-hubs.js';
import type { RegistrationRecord, RegistrationRecords } from '../state/stored-registrations.js';
import { type Allocation, allocate } from './allocation.js';
import { WebhookFailure } from './allocation-webhook.js';
import { type Attestation, type Decision, symmetricKeyIdentity } from './attestation.js';
import { answerCredentialRequest, type IssuedCredential } from './credential-request.js';
import { type DeviceRequest, readRegistrationBody } from './device-request.js';
import { moveDevice } from './move-device.js';
import { toRegistrationState } from './registration-state.js';
import { webhookRequestOf } from './webhook-request.js';

export interface RegistrationsOptions {
  attestation: Attestation;
  records: RegistrationRecords;
  hubs: LinkedHubs;
  quotas: Quotas;
  issuing: IssuingAuthorities;
  /** Of the provisioning service, for enrollments that name none. */
  defaultPolicy: () => AllocationPolicy;
  now: () => Date;
}

/** What the device is told instead of a hub. */
interface AllocationFailure {
  errorCode: number;
  errorMessage: string;
}

export class Registrations {
  readonly #options: RegistrationsOptions;

  constructor(options: RegistrationsOptions) {
    this.#options = options;
  }

  /**
   * @param request `body` is the parsed JSON of the request, not checked yet
   * @throws DpsError
   */
  async register(request: DeviceRequest & { body: unknown }): Promise<RegistrationOperation> {
    const { registrationId } = request;
    const { csr, payload } = readRegistrationBody(request);
    const decision = await this.#options.attestation.decide(request);
    this.#options.quotas.registration();
    this.#assertRoom(registrationId);
    const issued = csr == null ? undefined : await this.#issue(csr, registrationId, decision);
    const outcome = await this.#allocate(request, decision, payload);
    const operationId = newOperationId();
    this.#assign(registrationId, decision, outcome, { operationId, issued });
    return { operationId, status: 'assigning' };
  }

  /** @throws DpsError */
  async getOperation(request: DeviceRequest & { operationId: string }): Promise<RegistrationOperation> {
    const { registrationId, operationId } = request;
    const identity = this.#options.attestation.identify(request);
    const operation = this.#options.records.operation(operationId, registrationId);
    const record = operation && this.#options.records.get(operation.registrationId);
    if (!operation || !record) throw new DpsError('operationNotFound');
    if (operation.identity !== identity || !sameId(operation.registrationId, registrationId)) {
      throw new DpsError('unauthorized', { reason: 'another identity began this operation' });
    }
    this.#options.quotas.poll(registrationId);
    const registrationState = {
      ...this.#stateOf(record, identity),
      ...(operation.issuedChain === undefined ? {} : { issuedCertificateChain: operation.issuedChain }),
    };
    return { operationId, status: record.status, registrationState };
  }

  /**
   * The state of a registration without registering again.
   *
   * @throws DpsError
   */
  async getState(request: DeviceRequest & { body: unknown }): Promise<RegistrationState> {
    if (readRegistrationBody(request).csr != null) {
      throw new DpsError('badRequest', { message: 'A certificate is asked for by registering only (csr).' });
    }
    const { identity } = await this.#options.attestation.decide(request);
    this.#options.quotas.poll(request.registrationId);
    const record = this.#options.records.get(request.registrationId);
    if (!record) throw new DpsError('registrationNotFound');
    return this.#stateOf(record, identity);
  }

  #assertRoom(registrationId: string): void {
    const { quotas, records } = this.#options;
    const most = quotas.most('registrations');
    if (most !== Number.POSITIVE_INFINITY && !records.get(registrationId)) {
      assertFewer(() => records.count(), most, 'registrations');
    }
  }

  #issue(csr: string, registrationId: string, { enrollment }: Decision): Promise<IssuedCredential> {
    const { issuing, now } = this.#options;
    const policyName = enrollment.credentialPolicyName;
    return answerCredentialRequest({ csr, registrationId, policyName }, issuing, now());
  }

  async #allocate(
    request: DeviceRequest,
    decision: Decision,
    payload: unknown,
  ): Promise<Allocation | AllocationFailure> {
    const { records, hubs } = this.#options;
    const { registrationId } = request;
    const before = records.get(registrationId);
    try {
      const allocation = await allocate({
        registrationId,
        enrollment: decision.enrollment,
        defaultPolicy: this.#options.defaultPolicy(),
        hubs,
        previousHubId: before?.hubId,
        webhookRequest: () => webhookRequestOf({ device: request, decision, before, payload }, hubs),
      });
      const { errorCode, message: errorMessage } = dpsErrors.noHub;
      return allocation ?? { errorCode, errorMessage };
    } catch (error) {
      if (!(error instanceof WebhookFailure)) throw error;
      return { errorCode: dpsErrors.customAllocationFailed.errorCode, errorMessage: error.message };
    }
  }

  #assign(
    registrationId: string,
    decision: Decision,
    outcome: Allocation | AllocationFailure,
    { operationId, issued }: { operationId: string; issued: IssuedCredential | undefined },
  ): void {
    const { records, hubs, now } = this.#options;
    const { enrollment, enrollmentGroupId, identity } = decision;
    const before = records.get(registrationId);
    const updated = now();
    const base = {
      // As at first: the hub tells devices apart by case, DPS does not.
      registrationId: before?.registrationId ?? registrationId,
      enrollmentGroupId,
      created: before?.created ?? updated,
      updated,
    };
    const operation = { operationId, registrationId, identity, issuedChain: issued?.chain };
    if ('errorCode' in outcome) {
      const { deviceId, hubId } = before ?? {};
      records.save({ ...base, status: 'failed', deviceId, hubId, ...outcome }, operation);
      return;
    }
    const { hub, payload } = outcome;
    const deviceId = decision.deviceId ?? base.registrationId;
    const previous = before?.hubId === undefined ? undefined : hubs.get(before.hubId);
    const substatus = moveDevice({
      from:
        previous && before?.deviceId !== undefined
          ? { hub: previous.iotHub, deviceId: before.deviceId }
          : undefined,
      to: hub.iotHub,
      device: {
        deviceId,
        // What it was given is what it connects with; what let it register does not open the hub any more.
        ...(issued
          ? { leafThumbprint: issued.leafThumbprint, issuerThumbprints: [issued.issuerThumbprint] }
          : decision.hubCredential),
        iotEdge: enrollment.iotEdge,
        initialTwin: outcome.initialTwin ?? enrollment.initialTwin,
      },
      migrates: enrollment.reprovisionPolicy.migrateDeviceData && outcome.initialTwin === undefined,
    });
    records.save({ ...base, status: 'assigned', deviceId, hubId: hub.hubId, substatus, payload }, operation);
  }

  #stateOf(record: RegistrationRecord, identity: string): RegistrationState {
    const { enrollmentGroupId } = record;
    const attestation = enrollmentGroupId === undefined ? {} : { enrollmentGroupId };
    return {
      ...(identity === symmetricKeyIdentity ? { symmetricKey: attestation } : { x509: attestation }),
      ...toRegistrationState(record, this.#options.hubs),
    };
  }
}

/** As the service's look: partition, 16 hexadecimal digits, GUID. */
function newOperationId(): string {
  return `5.${randomBytes(8).toString('hex')}.${randomUUID()}`;
}

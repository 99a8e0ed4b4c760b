/**
 * Devices ask their hub for a new operational certificate, and go on with the connection that they have. The certificate
 * opens the next connection; the one that the device had opens connections until the new one has opened one.
 *
 * Source: Azure/azure-iot-sdk-csharp, iothub/device/src/csr-scenarions.md, exchanges observed in January 2026; the SDKs for
 * .NET and Java, for the numbers. That the old certificate is refused once the new one is in use is a guess.
 */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { unattended } from '../wire/unattended.js';
import type { DeviceCredential, HubDevices } from './devices.js';
import { DeviceListeners } from './listeners.js';

type SelfSigned = Extract<DeviceCredential, { type: 'selfSigned' }>;

/** A certificate that was issued to a device. */
export interface IssuedCertificate {
  /** Base64 of DER: the device's certificate, then each one's issuer. */
  chain: string[];
  credential: SelfSigned;
}

/**
 * Issues a certificate to a device of a hub for its certificate request, base64 of DER.
 *
 * @throws RenewalRefused
 */
export type CertificateIssuer = (
  hubId: string,
  deviceId: string,
  certificateRequest: string,
) => Promise<IssuedCertificate>;

/** The same at one hub. */
export type DeviceCertificateIssuer = (
  deviceId: string,
  certificateRequest: string,
) => Promise<IssuedCertificate>;

/** Why a request for a certificate is refused; the first three digits of the number are the status. */
const errorCodes = {
  badRequest: 400004,
  badJson: 400006,
  badCertificateRequest: 400037,
  noPolicy: 404001,
  isActive: 409004,
  notActive: 412001,
  internal: 500001,
} as const;

export class RenewalRefused extends Error {
  readonly errorCode: number;

  /** @param info what the client learns besides */
  constructor(
    kind: keyof typeof errorCodes,
    message: string,
    readonly info: Record<string, string> = {},
  ) {
    super(message);
    this.errorCode = errorCodes[kind];
  }

  get status(): number {
    return Math.floor(this.errorCode / 1000);
  }
}

export interface RenewalAnswer {
  status: number;
  body: Record<string, unknown>;
  /** For the log: why the request was refused. */
  reason?: string;
}

/** One request of a device; it has at most one that has not been answered. */
interface Renewal {
  requestId: string;
  correlationId: string;
  generationId: string;
  expires: Date;
  outcome?: RenewalAnswer;
}

/** Hands an outcome to the device. @param delivered to be called when the device has it */
type Deliver = (requestId: string, answer: RenewalAnswer, delivered: () => void) => void;

const lifetimeMilliseconds = 12 * 3_600_000;
const maxRequestCharacters = 8 * 1024;
const requestIdPattern = /^[A-Za-z0-9][A-Za-z0-9-]{2,34}[A-Za-z0-9]$/;

const requestBody = z.strictObject({
  id: z.string(),
  csr: z.base64().min(1).max(maxRequestCharacters),
  replace: z.union([z.literal('*'), z.string().regex(requestIdPattern)]).optional(),
});

export class CertificateRenewals {
  readonly #devices: HubDevices;
  readonly #issue: DeviceCertificateIssuer;
  readonly #now: () => Date;
  readonly #renewals = new Map<string, Renewal>();
  readonly #decided = new DeviceListeners<[]>();

  constructor(devices: HubDevices, issue: DeviceCertificateIssuer, now: () => Date) {
    this.#devices = devices;
    this.#issue = issue;
    this.#now = now;
  }

  /**
   * Takes a request. The certificate, or why there is none, is delivered afterwards: see {@link onOutcome}.
   *
   * @param thumbprint SHA-256 of the certificate that the device is connected with; undefined without one
   * @returns the first answer: 202, or an error
   */
  request(
    deviceId: string,
    requestId: string,
    payload: Buffer,
    thumbprint: string | undefined,
  ): RenewalAnswer {
    try {
      const { csr, replace } = this.#read(deviceId, requestId, payload);
      const device = this.#devices.get(deviceId);
      if (device === undefined || thumbprint === undefined || device.credential.type !== 'selfSigned') {
        throw new RenewalRefused('noPolicy', 'The device has no certificate that a policy could renew.');
      }
      this.#makeRoom(deviceId, replace);
      const renewal: Renewal = {
        requestId,
        correlationId: randomUUID(),
        generationId: device.generationId,
        expires: new Date(this.#now().getTime() + lifetimeMilliseconds),
      };
      this.#renewals.set(deviceId, renewal);
      void this.#decide(deviceId, renewal, csr, thumbprint);
      const { correlationId, expires } = renewal;
      return { status: 202, body: { correlationId, operationExpires: expires.toISOString() } };
    } catch (error) {
      return this.#refusal(error);
    }
  }

  /**
   * Delivers the outcome of the device's request, now or as soon as there is one, until the device has it.
   *
   * @returns stops that
   */
  onOutcome(deviceId: string, deliver: Deliver): () => void {
    const deliverDecided = () => {
      const renewal = this.#active(deviceId);
      if (renewal?.outcome === undefined) return;
      deliver(renewal.requestId, renewal.outcome, () => {
        if (this.#renewals.get(deviceId) === renewal) this.#renewals.delete(deviceId);
      });
    };
    const stop = this.#decided.add(deviceId, deliverDecided);
    deliverDecided();
    return stop;
  }

  /** The device has connected with a certificate: if it is the new one, the one before is refused from now on. */
  connectedWith(deviceId: string, thumbprint: string): void {
    const device = this.#devices.get(deviceId);
    if (device?.credential.type !== 'selfSigned') return;
    const { retiringThumbprint, ...credential } = device.credential;
    if (retiringThumbprint === undefined || credential.primaryThumbprint !== thumbprint) return;
    this.#devices.update({ ...device, credential });
  }

  /** @throws RenewalRefused */
  #read(deviceId: string, requestId: string, payload: Buffer): z.infer<typeof requestBody> {
    let json: unknown;
    try {
      json = JSON.parse(payload.toString('utf8'));
    } catch {
      throw new RenewalRefused('badJson', 'The body is not JSON.');
    }
    if (!requestIdPattern.test(requestId)) {
      throw new RenewalRefused(
        'badRequest',
        'The request ID ($rid) must have 4 to 36 letters, digits and hyphens.',
      );
    }
    const parsed = requestBody.safeParse(json);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new RenewalRefused(
        'badRequest',
        `The body: ${[issue!.path.join('.'), issue!.message].filter(Boolean).join(': ')}.`,
      );
    }
    if (parsed.data.id !== deviceId) {
      throw new RenewalRefused('badRequest', 'The id of the body is not that of the device.');
    }
    return parsed.data;
  }

  /** @throws RenewalRefused when the device has an active request that this one does not replace */
  #makeRoom(deviceId: string, replace: string | undefined): void {
    const active = this.#active(deviceId);
    if (replace !== undefined && replace !== '*' && active?.requestId !== replace) {
      throw new RenewalRefused('notActive', `There is no active request ${replace}.`);
    }
    if (active !== undefined && replace === undefined) {
      const { requestId, correlationId, expires } = active;
      throw new RenewalRefused('isActive', 'A request of this device is active already.', {
        ...{ requestId, correlationId, operationExpires: expires.toISOString() },
      });
    }
    this.#renewals.delete(deviceId);
  }

  #active(deviceId: string): Renewal | undefined {
    const renewal = this.#renewals.get(deviceId);
    if (renewal === undefined) return undefined;
    const device = this.#devices.get(deviceId);
    if (renewal.expires > this.#now() && device?.generationId === renewal.generationId) return renewal;
    this.#renewals.delete(deviceId);
    return undefined;
  }

  async #decide(deviceId: string, renewal: Renewal, csr: string, thumbprint: string): Promise<void> {
    try {
      const { chain, credential } = await this.#issue(deviceId, csr);
      // It may have been replaced meanwhile, and the device deleted or disabled.
      if (this.#active(deviceId) !== renewal) return;
      const device = this.#devices.get(deviceId)!;
      if (device.status === 'disabled') {
        this.#renewals.delete(deviceId);
        return;
      }
      this.#devices.update({ ...device, credential: { ...credential, retiringThumbprint: thumbprint } });
      const { correlationId } = renewal;
      renewal.outcome = { status: 200, body: { correlationId, certificates: chain } };
    } catch (error) {
      if (this.#renewals.get(deviceId) !== renewal) return;
      renewal.outcome = this.#refusal(error);
    }
    unattended(() => this.#decided.notify(deviceId))();
  }

  #refusal(thrown: unknown): RenewalAnswer {
    const refused =
      thrown instanceof RenewalRefused ? thrown : new RenewalRefused('internal', 'Internal server error.');
    const { status, errorCode, message, info } = refused;
    const timestampUtc = this.#now().toISOString();
    return {
      status,
      body: { errorCode, message, trackingId: randomUUID(), timestampUtc, info },
      reason: thrown instanceof Error ? thrown.message : String(thrown),
    };
  }
}

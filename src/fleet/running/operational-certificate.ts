/** The certificate that a running device shows its hub: its own, or one that Azure issued and the device renews. */
import type { KeyObject } from 'node:crypto';
import { type ClientCertificate, openCredentials } from '../../dps/client/device-credentials.js';
import type { HubSession } from '../../dps/client/hub-session/hub-session.js';
import { certificateRequestFor, issuedCertificates } from '../../dps/client/operational-certificate.js';
import { serviceClock } from '../../dps/client/target.js';
import { EnrollkitError, isAbort } from '../../errors.js';
import { privateKeyFromPem } from '../../pki/keys.js';
import { type Certificate, certificateToPem, sha256Thumbprint } from '../../pki/x509/certificate.js';
import type { NewDeviceEvent } from './events.js';
import { longSleep } from './long-timer.js';
import type { RunDevicesOptions, RunnableDevice } from './options.js';

/** The part of a certificate's life after which a device renews it. */
const renewalPart = 2 / 3;
/** Between two attempts, when one has failed. */
const retryMs = 60_000;

export class OperationalCertificate {
  readonly #device: RunnableDevice;
  readonly #options: RunDevicesOptions;
  #key: KeyObject | undefined;
  #request: string | undefined;
  /** From the device's certificate to its root. */
  #issued: readonly Certificate[] | undefined;
  /** The same as PEM. */
  #issuedChain = '';

  constructor(device: RunnableDevice, options: RunDevicesOptions) {
    this.#device = device;
    this.#options = options;
  }

  /** Whether Azure issued the certificate. */
  get isIssued(): boolean {
    return this.#issued !== undefined;
  }

  /** What the device shows DPS. @throws EnrollkitError what `openCredentials` throws */
  async forDps(): Promise<ClientCertificate> {
    return openCredentials({ ...this.#device, privateKey: this.#openKey() });
  }

  /**
   * What the device shows its hub. The key is the same as for DPS: it does not leave the device.
   *
   * @throws EnrollkitError what `openCredentials` throws
   */
  async forHub(): Promise<ClientCertificate> {
    if (this.#issued === undefined) return this.forDps();
    return openCredentials({ certificateChain: this.#issuedChain, privateKey: this.#openKey() });
  }

  /** Opened once: `openCredentials` remembers what it makes of it. */
  #openKey(): KeyObject {
    this.#key ??= privateKeyFromPem(this.#device.privateKey);
    return this.#key;
  }

  /** The certificate request, base64 of DER; undefined for a device that does not request a certificate. */
  async request(): Promise<string | undefined> {
    if (!this.#options.requestsCertificates) return undefined;
    this.#request ??= await certificateRequestFor(this.#device.registrationId, this.#openKey());
    return this.#request;
  }

  /** @param chain base64 of DER, as DPS or a hub issued it */
  take(chain: readonly string[] | undefined): void {
    if (chain === undefined || chain.length === 0) return;
    this.#issued = issuedCertificates(chain);
    this.#issuedChain = this.#issued.map(certificateToPem).join('');
  }

  /**
   * Waits until the certificate is due, and renews it; the device then connects again with the new one.
   *
   * @returns when there is a new certificate; never for a certificate that is not Azure's
   * @throws what ended the connection
   */
  async renewal(
    session: HubSession,
    over: AbortSignal,
    emit: (event: NewDeviceEvent) => void,
  ): Promise<void> {
    if (session.issueCertificate === undefined || this.#issued === undefined) return new Promise(() => {});
    for (let wait = this.#dueInMs(); ; wait = retryMs) {
      await longSleep(Math.max(0, wait), over);
      if (over.aborted) return;
      try {
        this.take(await session.issueCertificate((await this.request())!));
      } catch (error) {
        if (over.aborted) return;
        if (!(error instanceof EnrollkitError) || isAbort(error) || error.code === 'NETWORK') throw error;
        const { code, message } = error;
        emit({ event: 'failed', what: 'renew', code, message, retryInMs: retryMs });
        continue;
      }
      const [leaf] = this.#issued;
      emit({
        event: 'renewed',
        notAfter: leaf!.notAfter.toISOString(),
        sha256Thumbprint: sha256Thumbprint(leaf!),
      });
      return;
    }
  }

  #dueInMs(): number {
    const { renewAfterMs, target } = this.#options;
    if (renewAfterMs !== undefined) return renewAfterMs;
    const [leaf] = this.#issued!;
    const [from, to] = [leaf!.notBefore.getTime(), leaf!.notAfter.getTime()];
    return from + (to - from) * renewalPart - serviceClock(target)().getTime();
  }
}

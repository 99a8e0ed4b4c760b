/** Makes devices: a key pair, a certificate and its row in the manifest. Loaded by every worker. */
import { hash, type KeyObject, randomFillSync } from 'node:crypto';
import type { KeyAlgorithm } from '../../pki/keys.js';
import { encodeAlternativeNames } from '../../pki/make/alternative-names.js';
import type { DeviceRequest, MadeDevice, SubjectPrefix } from '../devices/device.js';
import { CertificateStamp, type CertificateTemplate } from './certificate-stamp.js';
import { type EncodedKeyPair, keyPairOf, keyPairSource } from './key-pairs.js';

export interface DeviceMakerSetup {
  template: CertificateTemplate;
  issuerKey: KeyObject;
  keyAlgorithm: KeyAlgorithm;
  /** For devices without one. */
  subjectPrefix: SubjectPrefix;
}

/** 128 random bits, like `issue()`. */
const serialNumberOctets = 16;

export class DeviceMaker {
  readonly #setup: DeviceMakerSetup;
  readonly #stamp: CertificateStamp;
  readonly #nextKeyPair: () => EncodedKeyPair;
  readonly #serialNumbers: readonly Buffer[];
  readonly #random = Buffer.alloc(serialNumberOctets * 256);
  /** The same octets; Latin-1. */
  #randomText = '';
  /** How many of the serial numbers are used. */
  #used: number;

  constructor(setup: DeviceMakerSetup) {
    this.#setup = setup;
    this.#stamp = new CertificateStamp(setup.template);
    this.#nextKeyPair = keyPairSource(setup.keyAlgorithm);
    this.#serialNumbers = Array.from({ length: this.#random.length / serialNumberOctets }, (_, index) =>
      this.#random.subarray(index * serialNumberOctets, (index + 1) * serialNumberOctets),
    );
    this.#used = this.#serialNumbers.length;
  }

  /** @param key PKCS#8 DER; a new one by default */
  make(
    { registrationId, subjectPrefix, alternativeNames, tags }: DeviceRequest,
    key?: Uint8Array,
  ): MadeDevice {
    const prefix = subjectPrefix ?? this.#setup.subjectPrefix;
    const [serialNumber, serialNumberText] = this.#serialNumber();
    const { publicKeyInfo, publicKeyBits, privateKeyInfo } = key ? keyPairOf(key) : this.#nextKeyPair();
    const certificate = this.#stamp.certificate(
      {
        serialNumber,
        subjectPrefix: prefix.der,
        commonName: registrationId,
        publicKeyInfo,
        keyIdentifier: hash('sha1', publicKeyBits, 'binary'),
        alternativeNames: alternativeNames && encodeAlternativeNames(alternativeNames),
      },
      this.#setup.issuerKey,
    );
    return {
      registrationId,
      certificate,
      privateKeyInfo,
      serialNumber: serialNumberText,
      sha1Thumbprint: hash('sha1', certificate, 'binary'),
      sha256Thumbprint: hash('sha256', certificate, 'binary'),
      subjectRest: prefix.text,
      tags: tags ?? [],
    };
  }

  /**
   * Random octets, drawn for many serial numbers at once; never zero (RFC 5280 section 4.1.2.2).
   *
   * @returns also as text, without leading zero octets; Latin-1
   */
  #serialNumber(): [Buffer, string] {
    if (this.#used === this.#serialNumbers.length) {
      randomFillSync(this.#random);
      this.#randomText = this.#random.toString('latin1');
      this.#used = 0;
    }
    const index = this.#used++;
    const text = this.#randomText.slice(serialNumberOctets * index, serialNumberOctets * (index + 1));
    const octets = this.#serialNumbers[index]!;
    if (octets[0] !== 0) return [octets, text];
    const significant = text.replace(/^\0+/, '');
    return significant === '' ? this.#serialNumber() : [octets, significant];
  }
}

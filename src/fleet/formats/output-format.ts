/** What a format of a fleet's output has to do. */
import type { MadeDevice } from '../devices/device.js';
import type { Progress } from '../issue/journal.js';
import type { KeyEncryption } from '../issue/key-encryption.js';

/** A format: a module that exports one of these, and its row in the table of formats. */
export interface OutputFormat {
  /** Devices in a batch of a worker, at most. */
  readonly batchSize: number;
  /** Bytes that end the output file, once. */
  readonly trailer?: Uint8Array;
  /** For a format whose output is a folder that the workers write; without it, this is a file or a stream. */
  readonly folder?: {
    /** Creates the output, and removes whatever a killed run left unfinished in it. */
    prepare(out: string): void;
    /**
     * The part of the journal's progress whose devices are still whole.
     *
     * @throws EnrollkitError FILE_UNREADABLE
     */
    intactPart(fleet: FolderFleet, progress: Progress): Promise<Progress>;
  };

  /** How the output of a device begins, to recognize it; for a format whose output is not a folder. */
  startOf?(registrationId: string): Buffer;

  /** Called in each worker thread. */
  writer(setup: WriterSetup): DeviceWriter;

  /** The last device; undefined when the output does not end with one. May throw. */
  last(out: string, registrationId: string): LastDevice | undefined;

  /** Whether an output is of this format. */
  recognizes(output: OutputSample): boolean;
  /** Reads the devices back. */
  open(out: string): DeviceReader;
}

export interface LastDevice {
  /** PEM. */
  certificate: string;
  isKeyEncrypted: boolean;
}

export interface FolderFleet {
  out: string;
  manifest: string;
  /** Whether each device has a PKCS#12 file. */
  pfx: boolean;
  encryptKeys: boolean;
}

export interface WriterSetup {
  /** PEM of the CA and its issuers. */
  issuersPem: string;
  /** Of every certificate; ISO 8601. */
  validity: { notBefore: string; notAfter: string };
  /** Where the output is a folder. */
  folder: string | undefined;
  /** The number of the worker, for temporary names. */
  worker: number;
  /** Of the keys; undefined when they are not encrypted. */
  encryption: KeyEncryption | undefined;
}

/** Writes the devices of a worker, batch by batch. */
export interface DeviceWriter {
  /** Starts a batch. @param memory reused for its output, if there is any */
  begin(memory: ArrayBuffer | undefined): void;
  /** @returns the device in the output: this one, or the one that an interrupted run has put there */
  add(device: MadeDevice): MadeDevice | Promise<MadeDevice>;
  /** What the batch adds to the output file. */
  finish(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

export interface OutputSample {
  isFolder: boolean;
  /** The first octets of a file, at most 512; empty for a folder. */
  start: Buffer;
}

export interface DeviceReader {
  /** The next device; undefined after the last. @param registrationId the one that the manifest lists next */
  next(registrationId: string): Promise<StoredDevice | undefined>;
  close(): Promise<unknown>;
}

export interface StoredDevice {
  /** Its registration ID, or the name of its folder. */
  name: string;
  /** @throws EnrollkitError FILE_UNREADABLE */
  read(): PemCredentials;
}

export interface PemCredentials {
  /** PEM: the device's certificate, then its issuers'. */
  certificateChain: string;
  /** PEM, PKCS#8. */
  privateKey: string;
}

/** Whether a private key, as a fleet has it, is encrypted. */
export function isEncryptedPem(privateKey: string): boolean {
  return privateKey.startsWith('-----BEGIN ENCRYPTED');
}

/** Reads a file whose devices are in the order of the manifest. */
export function inOrder(devices: AsyncGenerator<StoredDevice, void>): DeviceReader {
  return {
    next: async () => (await devices.next()).value ?? undefined,
    close: () => devices.return(),
  };
}

/** What a step is, and what steps share. */

import type { KeyObject } from 'node:crypto';
import type { ControlPlane } from '../dps/client/arm.js';
import type { GeneratedKey } from '../dps/client/device-credentials.js';
import type { ServicePlane } from '../dps/client/service.js';
import { hasOwnTime, type Target } from '../dps/client/target.js';
import type {
  EnrollmentGroup,
  IndividualEnrollment,
  LinkedHub,
  RegistrationState,
} from '../dps/contract/schemas.js';
import type { Sentences } from '../languages/en.js';
import { sentences } from '../languages/language.js';
import { generatedKeyOf } from '../pki/private-key.js';
import type { Journal, JournalTarget } from '../workspace/journal.js';
import type { Layout } from '../workspace/layout.js';
import type { OwnFiles } from '../workspace/own-files.js';
import { loadPrivateKey, type StoredCertificate } from '../workspace/stored-certificates.js';
import type { Plan } from './plan/fields.js';
import type { PortalAssistant } from './portal.js';
import type { Preview } from './result.js';

/**
 * What a step found, in one line. A person reads it in their language; recordings have it in English, so that runs in two
 * languages can be compared.
 */
export type Outcome = (say: Sentences['quickstartSteps']) => string;

/**
 * A step of a run. It checks, acts, and verifies by checking again, so that what it reports was read back from where
 * it lies and never taken from the answer to a write. Running it twice is running it once.
 */
export interface Step {
  readonly id: string;
  title(plan: Plan): string;
  /** Steps that a plan does without are left out; all plans have the step when this is left out. */
  applies?(plan: Plan): boolean;
  /** Whether a person is asked in it. */
  interactive?(plan: Plan): boolean;
  /** What it would make and send on a first run, without looking anywhere. */
  preview(plan: Plan, layout: Layout): Pick<Preview['steps'][number], 'makes' | 'requests'>;
  /** Looks whether it is done already; what is there, or undefined. */
  check(context: RunContext): Promise<Outcome | undefined>;
  /** Left out by a step that only looks: its check always answers, or throws. */
  act?(context: RunContext): Promise<void>;
}

/** A CA that was not made by a run. Its files are somewhere else, and stay as they are. */
export interface ExistingCa {
  /** Its certificate, PEM. */
  pem: string;
  /** Its certificate, then those of its issuers as far as they are known; PEM. */
  chainPem: string;
  privateKey: KeyObject;
  /** Where it was read, for messages. */
  path: string;
  /** Encrypts its key in the folder, as it was; undefined if it was not encrypted. */
  passphrase: string | undefined;
}

/** What a run works with. */
export interface RunContext {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly journal: Journal;
  /** Writes into the certificate folder. */
  readonly files: OwnFiles;
  readonly journalTarget: JournalTarget;
  readonly target: Target;
  readonly control: ControlPlane;
  readonly service: ServicePlane;
  readonly passphrase: string | undefined;
  readonly portal: PortalAssistant | undefined;
  readonly verificationCode: string | undefined;
  readonly existingCa: ExistingCa | undefined;
  /** Certificate requests of devices that keep their keys, by registration ID; PEM. */
  readonly requests: ReadonlyMap<string, string>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Tells how far the current step is. */
  readonly progress: (text: string) => void;
  readonly found: Found;
}

/** What steps have found, for the steps after them. */
export interface Found {
  /** Private keys opened so far, by their files. */
  readonly keys: Map<string, KeyObject>;
  /** Private keys that this run has generated for its devices, by their files. */
  readonly generatedKeys: Map<string, GeneratedKey>;
  /** Whether Azure Resource Manager may be read: without it, possession is proven in the portal, unseen. */
  controlPlane?: boolean;
  idScope?: string;
  linkedHubs?: LinkedHub[];
  root?: StoredCertificate;
  /** The intermediate; undefined as well where the plan has none. */
  intermediate?: StoredCertificate;
  /** A person has said that the portal shows the CA as verified. */
  saidVerified?: boolean;
  enrollmentGroup?: EnrollmentGroup;
  /** By registration ID. */
  enrollments?: Map<string, IndividualEnrollment>;
  devices?: Map<string, StoredCertificate>;
  /** Devices whose files this run has made, by registration ID: what is in them is in `written`. */
  readonly made: Map<string, StoredCertificate>;
  /** What this run has written for its devices: SHA-256 digests by path. */
  readonly written: Map<string, string>;
  registrations?: Map<string, RegistrationState>;
  /** Registration IDs of the devices that this run has registered. */
  readonly registeredNow: Set<string>;
  /** Registration IDs of the devices that have sent a message in this run. */
  readonly connectedNow: Set<string>;
  /** Registration IDs of the devices whose message an interrupted run may have sent already. */
  readonly sentAgain: Set<string>;
}

/** What an earlier step must have found. */
export function requireFound<Name extends keyof Found>(found: Found, name: Name): NonNullable<Found[Name]> {
  const value = found[name];
  if (value === undefined) throw new TypeError(`no step has found ${name}`);
  return value as NonNullable<Found[Name]>;
}

/** Whose clock a run goes by, for messages. */
export function clockOwner({ target }: Pick<RunContext, 'target'>): string {
  return hasOwnTime(target) ? sentences.quickstart.emulator : sentences.quickstart.thisComputer;
}

/** Why an expired certificate is refused, for messages. */
export function expiredOn(
  { notAfter }: { notAfter: Date },
  context: Pick<RunContext, 'target' | 'now'>,
): string {
  return sentences.quickstart.expired(
    notAfter.toISOString(),
    clockOwner(context),
    context.now().toISOString(),
  );
}

/** The CA that signs the devices. */
export function signingCa(found: Found): StoredCertificate {
  return found.intermediate ?? requireFound(found, 'root');
}

/** The CA that the plan has uploaded. */
export function uploadedCa(plan: Plan, found: Found): StoredCertificate {
  return requireFound(found, plan.certificateAuthority.uploaded);
}

/**
 * The private key of a stored certificate. A run opens each key once: with a passphrase, that takes a fifth of a second.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE or KEY_MISMATCH
 */
export async function openKey(
  context: Pick<RunContext, 'found' | 'passphrase'>,
  stored: StoredCertificate,
): Promise<KeyObject> {
  const { found } = context;
  const path = stored.paths.key;
  const generated = found.generatedKeys.get(path);
  const key =
    found.keys.get(path) ??
    (generated ? generatedKeyOf(generated.privateKeyInfo) : await loadPrivateKey(stored, context));
  found.keys.set(path, key);
  return key;
}

/**
 * The private key with which a device connects.
 *
 * @throws EnrollkitError as {@link openKey}
 */
export async function deviceKey(
  context: Pick<RunContext, 'found' | 'passphrase'>,
  device: StoredCertificate,
): Promise<KeyObject | GeneratedKey> {
  return context.found.generatedKeys.get(device.paths.key) ?? openKey(context, device);
}

/** Runs an act for each of many, a few at a time, in order of start; the first failure is thrown after all have ended. */
export async function forEachOf<Item>(
  items: readonly Item[],
  concurrency: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const item = items[next++]!;
      try {
        await act(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

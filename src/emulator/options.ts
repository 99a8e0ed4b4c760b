/** The options of an emulator. */
import type { EnrollkitError } from '../errors.js';
import type { KeyAlgorithm } from '../pki/keys.js';
import type { QuotaLimits } from './dps/quotas.js';
import type { FaultSelection } from './faults/control.js';
import type { EmulatorSeed } from './seed/seed-schema.js';
import type { EmulatorLog } from './wire/events.js';
import type { TlsMax } from './wire/tls/tls-max.js';

export interface EmulatorOptions {
  /** The state folder: the emulator keeps its files in `emulator/` below it. `:memory:` keeps nothing. */
  dir: string;
  /**
   * The host to bind; `localhost` is both loopback addresses, and so is the default, with which the first hub is given out
   * as 127.0.0.1.
   */
  host?: string;
  /** 0, the default, picks a free port. */
  httpsPort?: number;
  mqttPort?: number;
  amqpPort?: number;
  /** Of the emulator's page over HTTP, on 127.0.0.1. */
  consolePort?: number;
  /** Names of IoT hubs to create; those of earlier starts stay. Without any, there is one. */
  hubs?: readonly string[];
  /** Names of provisioning services to create; those of earlier starts stay. Without any, there is one. */
  services?: readonly string[];
  /** Seconds that a device is told to wait between register and poll; 0 by default, while Azure says 3. */
  retryAfter?: number;
  /** Whether Azure's documented rates and numbers are enforced, or other ones where given; false by default. */
  quotas?: boolean | Partial<QuotaLimits>;
  /**
   * The key algorithm of the server's certificate; by default that of an earlier start, or EC P-256. Azure uses RSA: clients
   * that only have cipher suites for RSA need `rsa-2048`.
   */
  serverKey?: KeyAlgorithm;
  /**
   * The latest version of TLS that is spoken; `1.3` by default. Azure documents 1.2 for DPS and for the host name that every
   * hub has.
   */
  tlsMax?: TlsMax;
  /** Whether devices must present their chain up to and including a verified CA; false by default. */
  fullChain?: boolean;
  /**
   * Whether a hub lets in a device that registered through DPS with another certificate of the same CA, before it registers
   * with that one; false by default, as in Azure.
   */
  allowRenewedCertificates?: boolean;
  /**
   * Whether an api-version that is later than all known ones is refused; false by default: it is served as the newest known
   * one.
   */
  strictApiVersions?: boolean;
  /** What the emulator has after a start and after a reset. */
  seed?: EmulatorSeed;
  /** What goes wrong for clients: rules, or `mild` or `wild`; nothing by default. */
  faults?: FaultSelection;
  /** A whole number from 0 to 2^32 - 1: the same one gives the same faults; a random one by default. */
  faultSeed?: number;
  /** The clock that the emulator's clock follows; the computer's by default. */
  now?: () => Date;
  log?: EmulatorLog;
  /** Aborts the start: a large `serverKey` takes seconds to make. */
  signal?: AbortSignal;
  /**
   * Called each time a file of the state cannot be written or read: FILE_UNWRITABLE on a full or read-only disk,
   * EMULATOR_STATE_UNREADABLE for a damaged file. The client of that moment is answered with status 500.
   */
  onStateError?: (error: EnrollkitError) => void;
  /** Called when `enrollkit emulator stop` asks the emulator to stop; without it, that command is refused. */
  onStopRequest?: () => void;
}

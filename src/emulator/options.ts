/** What an emulator is started with. */
import type { KeyAlgorithm } from '../pki/keys.js';
import type { QuotaLimits } from './dps/quotas.js';
import type { EmulatorSeed } from './seed/seed-schema.js';
import type { EmulatorLog } from './wire/events.js';

export interface EmulatorOptions {
  /** The state folder; the emulator keeps its files in `emulator/` below it. `:memory:` keeps nothing. */
  dir: string;
  /** What to bind: `localhost`, both loopback addresses, unless told otherwise. */
  host?: string;
  /** 0, the default, picks a free one. */
  httpsPort?: number;
  mqttPort?: number;
  amqpPort?: number;
  /** Names of IoT hubs to be there; those of earlier starts stay. Without any, there is one. */
  hubs?: readonly string[];
  /** Names of provisioning services to be there; those of earlier starts stay. Without any, there is one. */
  services?: readonly string[];
  /** Seconds that a device is told to wait between register and poll; 0 by default, Azure's pace is 3. */
  retryAfter?: number;
  /** Whether more than the documented rates and numbers is refused; others than those where they are given. */
  quotas?: boolean | Partial<QuotaLimits>;
  /**
   * The key of the server's certificate; that of an earlier start, or EC P-256, when not given. Azure's is RSA: clients whose
   * cipher suites are those for RSA alone need `rsa-2048`.
   */
  serverKey?: KeyAlgorithm;
  /** Whether devices must present their chain up to a verified CA, that one included; false by default. */
  fullChain?: boolean;
  /** What is there at the start, and again after a reset. */
  seed?: EmulatorSeed;
  /** The clock that the emulator's own follows. */
  now?: () => Date;
  log?: EmulatorLog;
  /** Ends the start, when it is aborted meanwhile: a large `serverKey` takes seconds to make. */
  signal?: AbortSignal;
  /** Called when `enrollkit emulator stop` asks for it; without, that command is told that it may not. */
  onStopRequest?: () => void;
}

/** Checks the options of an emulator, for callers without TypeScript. */
import * as z from 'zod';
import { EnrollkitError } from '../errors.js';
import { keyAlgorithms } from '../pki/keys.js';
import { documentedLimits } from './dps/quotas.js';
import { maxSeed } from './faults/control.js';
import type { EmulatorOptions } from './options.js';
import { tlsMaxima } from './wire/tls/tls-max.js';

const port = z.int('it is a whole number').min(0, 'it is at least 0').max(65_535, 'it is at most 65535');
const names = z.array(z.string('it is a list of names'), 'it is a list of names');
const callback = z.custom((value) => typeof value === 'function', 'it is a function');
/** Infinity means no limit. */
const limit = z.custom((value) => typeof value === 'number' && value >= 0, 'it is a number, at least 0');

const optionsSchema = z.strictObject(
  {
    dir: z
      .string('it is the path of a folder, or :memory:')
      .min(1, 'it is the path of a folder, or :memory:'),
    host: z.string('it is a host name or an address').optional(),
    httpsPort: port.optional(),
    mqttPort: port.optional(),
    amqpPort: port.optional(),
    consolePort: port.optional(),
    hubs: names.optional(),
    services: names.optional(),
    serverKey: z.enum(keyAlgorithms, `it is one of ${keyAlgorithms.join(', ')}`).optional(),
    tlsMax: z.enum(tlsMaxima, `it is one of ${tlsMaxima.join(', ')}`).optional(),
    fullChain: z.boolean('it is true or false').optional(),
    allowRenewedCertificates: z.boolean('it is true or false').optional(),
    strictApiVersions: z.boolean('it is true or false').optional(),
    retryAfter: z.int('it is whole seconds').min(0, 'it is at least 0').optional(),
    quotas: z
      .union(
        [
          z.boolean(),
          z.strictObject(
            Object.fromEntries(Object.keys(documentedLimits).map((name) => [name, limit.optional()])),
          ),
        ],
        `it is true, false, or numbers for ${Object.keys(documentedLimits).join(', ')}`,
      )
      .optional(),
    // Checked separately, with the path of what is wrong.
    seed: z.looseObject({}, 'it is an object').optional(),
    // Likewise.
    faults: z.union([z.string(), z.looseObject({})], 'it is an object, or one of mild and wild').optional(),
    faultSeed: z
      .int('it is a whole number')
      .min(0, 'it is at least 0')
      .max(maxSeed, `it is at most ${maxSeed}`)
      .optional(),
    now: callback.optional(),
    log: callback.optional(),
    signal: z.instanceof(AbortSignal, { error: 'it is an AbortSignal' }).optional(),
    onStateError: callback.optional(),
    onStopRequest: callback.optional(),
  } satisfies Record<keyof EmulatorOptions, z.ZodType>,
  'the options are an object that has at least dir',
);

/** @throws EnrollkitError USAGE */
export function checkOptions(options: EmulatorOptions): void {
  const checked = optionsSchema.safeParse(options);
  if (checked.success) return;
  const [issue] = checked.error.issues;
  const unknown = issue!.code === 'unrecognized_keys' ? issue!.keys : [];
  const message =
    unknown.length > 0
      ? `startEmulator has no option ${unknown.map((key) => [...issue!.path, key].join('.')).join(', ')}.`
      : issue!.path.length === 0
        ? `startEmulator: ${issue!.message}.`
        : `The option ${issue!.path.join('.')} of startEmulator: ${issue!.message}.`;
  const known = Object.keys(optionsSchema.shape).join(', ');
  throw new EnrollkitError('USAGE', message, { next: `Correct it; the options are ${known}.` });
}

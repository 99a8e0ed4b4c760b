/** Fills a sample program with the values of a certificate folder and its provisioning service. */

import { withoutPort } from '../../dps/contract/host.js';
import { assertEnrollmentGroupId, assertRegistrationId } from '../../dps/contract/ids.js';
import { settled } from '../../emulator/control/running.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defaultPlan } from '../../quickstart/plan/answers.js';
import { enrollmentGroupOf } from '../../quickstart/planned-enrollment-group.js';
import { enrollmentGroupValues } from '../../quickstart/sample-program.js';
import { deviceValues } from '../../samples/device-values.js';
import type { SampleValues } from '../../samples/fill.js';
import {
  kindsOf,
  needsPort,
  type SampleKind,
  type SampleLanguage,
  type SampleTemplate,
  sampleProgram,
  templatesOf,
} from '../../samples/samples.js';
import { lookAt, publicFileMode } from '../../workspace/files.js';
import { type DevicePaths, layoutOf } from '../../workspace/layout.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { lastPlan } from '../input/plan-input.js';
import { assertFree, writeAndReport } from '../input/write-files.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { atGlobalEndpoint, deviceTarget, idScopeOf } from '../target/device-target.js';
import { emulatorStateOfRuns } from '../target/emulator-state.js';
import { folderOf, sameFolder } from '../target/folder.js';
import { withTarget } from '../target/target.js';
import { defaultStateFolder } from '../target/target-flags.js';
import { quoted } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import { credentialsOf, missing } from './credentials.js';
import type { SampleCommand } from './language.js';

const { program: text, edge } = sentences.cliSample;

type Flags = FlagsOf<SampleCommand>;

/** Flags of other kinds. */
const unused = {
  'enroll-group': ['device'],
  'register-device': ['group'],
  'send-telemetry': ['group'],
  'allocation-webhook': ['device', 'group'],
} as const satisfies Record<SampleKind, readonly (keyof Flags)[]>;

/** The command of a language. */
export function runIn(language: SampleLanguage): RunOf<SampleCommand> {
  return async ({ args, flags }, context) => {
    const { output } = context;
    const kinds = kindsOf(language);
    const kind = kinds.find((one) => one === args.sample);
    if (kind === undefined) {
      throw new EnrollkitError('USAGE', text.unknown(language, args.sample), { next: text.choose(kinds) });
    }
    for (const name of unused[kind]) {
      if (flags[name] !== undefined) throw new EnrollkitError('USAGE', text.unused(`--${name}`, kind));
    }
    const templates = templatesOf(language, kind);
    const template = templates.find(({ client }) => client === (flags.client ?? client));
    if (template === undefined) {
      throw new EnrollkitError('USAGE', text.unknownClient(flags.client!), {
        next: text.choose(templates.map(({ client }) => client)),
      });
    }
    if (flags.out !== undefined) assertFree([flags.out], flags.force === true);
    const { values, notes } = await valuesFor(language, kind, template, flags, context);
    const path = flags.out === undefined ? undefined : displayPath(flags.out);
    const program = sampleProgram(language, template, values, path);
    const described = { language, sample: kind, client: template.client };
    if (flags.out !== undefined) {
      writeAndReport(
        [{ path: flags.out, contents: program, mode: publicFileMode, isPlainText: true }],
        flags.force === true,
        context,
      );
    }
    for (const [id, note] of notes) output.note(id, note);
    if (output.json) {
      output.value({ ...described, ...(flags.out === undefined ? { program } : { file: flags.out }) });
    } else if (flags.out === undefined) output.data(program.trimEnd());
    else output.result('sample.written', text.written(displayPath(flags.out), kind));
  };
}

interface Filling {
  values: SampleValues;
  /** What is to be known besides, with its message ID. */
  notes: [id: string, text: string][];
}

async function valuesFor(
  language: SampleLanguage,
  kind: SampleKind,
  template: SampleTemplate,
  flags: Flags,
  context: Context,
): Promise<Filling> {
  if (kind === 'allocation-webhook') return { values: {}, notes: [] };
  const folder = folderOf(flags);
  const target = deviceTarget(flags, folder);
  const emulator = target.kind === 'emulator' ? await runningEmulator(folder) : undefined;
  const trust = emulator?.caFile ?? null;
  const notes: Filling['notes'] = [];
  if (emulator !== undefined && needsEnvironment(language, kind)) {
    notes.push(['sample.environment', text.environment(environmentCommand(language, folder))]);
  }
  if (emulator !== undefined && needsPort(template, emulator)) {
    notes.push(['sample.port', text.needsPort(template.fixedPort!)]);
  }
  if (kind === 'enroll-group') return { values: { ...groupValues(flags, folder), trust }, notes };
  const device = deviceIn(flags, folder);
  const request = { target, folder, flags, mayCreate: false };
  const endpoints = await withTarget(request, context, async (opened) => {
    const { globalDeviceEndpoint, deviceMqttEndpoint, ...rest } = atGlobalEndpoint(opened, flags);
    return {
      idScope: await idScopeOf({ ...rest, globalDeviceEndpoint, deviceMqttEndpoint }, context.signal),
      https: globalDeviceEndpoint,
      mqtt: deviceMqttEndpoint,
    };
  });
  const [, port = '8883'] = /:(\d+)$/.exec(endpoints.mqtt) ?? [];
  return {
    values: deviceValues({
      telemetry: kind === 'send-telemetry',
      idScope: endpoints.idScope,
      httpsHost: endpoints.https,
      mqttHost: withoutPort(endpoints.mqtt),
      mqttPort: Number(port),
      registrationId: device.registrationId,
      chain: device.chain,
      key: device.key,
      trust,
    }),
    notes: [...(device.isChoice ? [chosen(device.registrationId)] : []), ...notes],
  };
}

function chosen(registrationId: string): [string, string] {
  return ['sample.device', text.chosen(registrationId)];
}

/**
 * The emulator of a folder.
 *
 * @throws EnrollkitError NOT_FOUND when it is not running: its ports are not known, and a sample could not reach it
 */
async function runningEmulator(folder: string): Promise<EmulatorEndpoints> {
  const state = emulatorStateOfRuns(folder);
  if (state === undefined) {
    throw new EnrollkitError('NOT_FOUND', sentences.cliTarget.noEmulator(layoutOf(folder).folder), {
      next: sentences.cliTarget.startFirst,
    });
  }
  const running = await settled(state);
  if (running.kind === 'running') return running.endpoints;
  const dir = state === defaultStateFolder ? '' : ` --dir ${quoted(state)}`;
  throw new EnrollkitError('NOT_FOUND', text.stopped(displayPath(state)), {
    next: text.start(`enrollkit emulator start --detach${dir}`),
  });
}

/** A connection string is always read from the environment; trust, where a client reads it from there only. */
function needsEnvironment(language: SampleLanguage, kind: SampleKind): boolean {
  return kind === 'enroll-group' || language === 'csharp' || language === 'java';
}

function environmentCommand(language: SampleLanguage, folder: string): string {
  const known = language === 'shell' || language === 'embedded-c' ? 'c' : language;
  return `enrollkit emulator env --for ${known}${sameFolder({ dir: folder })}`;
}

/** @throws EnrollkitError FILE_UNREADABLE when the group is to have the certificate of a CA that is not there */
function groupValues(flags: Flags, folder: string): SampleValues {
  if (flags.group !== undefined) assertEnrollmentGroupId(flags.group);
  const plan = lastPlan(folder) ?? defaultPlan;
  const layout = layoutOf(folder);
  const signer = loadCertificate(layout.intermediate) ?? loadCertificate(layout.root);
  if (plan.enrollmentGroup.attestation === 'certificate' && signer === undefined) {
    throw missing(edge.root, layout.root.folder, edge.runQuickstart);
  }
  const group = enrollmentGroupOf(plan, { pem: signer?.pem ?? '' }, []);
  return enrollmentGroupValues(
    { ...group, enrollmentGroupId: flags.group ?? group.enrollmentGroupId },
    signer?.paths.certificate ?? '',
  );
}

interface ChosenDevice {
  registrationId: string;
  chain: string;
  key: string;
  /** Whether there are others. */
  isChoice: boolean;
}

/**
 * The device of `--device`, or the first of the folder.
 *
 * @throws EnrollkitError as {@link credentialsOf}
 */
function deviceIn(flags: Flags, folder: string): ChosenDevice {
  if (flags.device !== undefined) assertRegistrationId(flags.device);
  const layout = layoutOf(folder);
  const hasKey = ({ key }: DevicePaths) => lookAt(key) !== undefined;
  const found = flags.device === undefined ? layout.devices().filter(hasKey) : [layout.device(flags.device)];
  const [device] = found;
  if (device === undefined) {
    throw new EnrollkitError('FILE_UNREADABLE', text.noDevice(displayPath(layout.folder)), {
      next: edge.runQuickstart,
    });
  }
  const { certificate } = credentialsOf(device, text.deviceCertificate, text.encrypted);
  const registrationId = flags.device ?? certificate.subject.commonName!;
  return { registrationId, chain: device.chain, key: device.key, isChoice: found.length > 1 };
}

/** Runs all checks of doctor, and shows what they found. */

import { ControlPlane } from '../../dps/client/arm.js';
import type { DeviceProtocol } from '../../dps/client/device.js';
import { ServicePlane } from '../../dps/client/service.js';
import { serviceClock } from '../../dps/client/target.js';
import { findEmulator } from '../../emulator/control/running.js';
import { type ExitStatus, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { PlanTarget } from '../../quickstart/plan/fields.js';
import { lookAt } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { givenPassphrase } from '../input/passphrase.js';
import { lastPlanGroup, targetFrom } from '../input/plan-input.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { defaultPorts } from '../target/emulator-ports.js';
import { emulatorStateOfRuns } from '../target/emulator-state.js';
import { folderOf } from '../target/folder.js';
import { withTarget } from '../target/target.js';
import { displayPath } from '../terminal/text.js';
import { environmentFindings, nodeFindings, proxyOf, rootFindings, trustedRoots } from './computer.js';
import { deviceFindings } from './devices.js';
import type { doctor } from './doctor.js';
import { type Finding, failure, findingOf, info, warning } from './finding.js';
import { type FolderReport, folderReport } from './folder.js';
import { interceptionFindings, type Port, portFindings, takenPortFindings } from './network.js';
import { reportText, type Section } from './report-text.js';
import { serviceReport, uploadFindings } from './service.js';

type Flags = FlagsOf<typeof doctor>;

/** @throws EnrollkitError USAGE and FILE_UNREADABLE of the flags; what is wrong elsewhere is a finding */
export const run: RunOf<typeof doctor> = async ({ flags }, context) => {
  const { output } = context;
  const sections = await sectionsOf(flags, context);
  const findings = sections.flatMap((section) => section.findings);
  if (output.json) output.value({ findings });
  else output.result('doctor', reportText(sections, output.dataStyle));
  const fails = findings.some(({ severity }) => severity === 'error');
  return fails ? exitStatus.rejected : (exitStatus.ok as ExitStatus);
};

async function sectionsOf(flags: Flags, context: Context): Promise<Section[]> {
  const folder = folderOf(flags);
  const opening = { passphrase: givenPassphrase(flags, context.env), signal: context.signal };
  const computer: Section = {
    title: sentences.cliDoctor.thisComputer,
    findings: nodeFindings(process.version),
  };
  const local: Section = {
    title: sentences.cliDoctor.folderTitle(displayPath(layoutOf(folder).folder)),
    findings: [],
  };
  const remote: Section = { title: sentences.cliDoctor.provisioningService, findings: [] };
  const devices: Section = { title: sentences.cliDoctor.devices, findings: [] };
  const sections = [computer, local, remote, devices];

  let target: PlanTarget | undefined;
  try {
    target = targetFrom(flags, folder);
  } catch (error) {
    local.findings.push(findingOf(error));
  }
  const kind = target?.kind ?? 'emulator';
  computer.findings.push(
    ...rootFindings(trustedRoots(context.env), kind),
    ...environmentFindings(context.env, { kind, protocol: protocolOf(folder) }),
  );
  const isThere = lookAt(layoutOf(folder).folder) !== undefined;
  if (!isThere) local.findings.push(noFolder(folder, flags));
  const look = async (at: Date): Promise<FolderReport['contents'] | undefined> => {
    if (!isThere) return undefined;
    const report = await folderReport(folder, at, opening);
    // Already reported: why the plan cannot be read, or the state of the folder.
    const reported = new Set([...local.findings, ...remote.findings].map(({ message }) => message));
    local.findings.push(...report.findings.filter(({ message }) => !reported.has(message)));
    return report.contents;
  };
  if (target === undefined) {
    await look(context.now());
    return sections;
  }
  if (target.kind === 'azure') computer.findings.push(...(await azurePortFindings(folder, context)));
  else {
    const emulator = emulatorFindings(folder, isThere && hasPlan(folder));
    remote.findings.push(...emulator.findings);
    if (!emulator.isRunning) computer.findings.push(...(await takenPortFindings(defaultPorts)));
    if (!emulator.exists) {
      await look(context.now());
      return sections;
    }
  }
  let looked = false;
  try {
    await withTarget({ target, folder, flags, mayCreate: false }, context, async (opened) => {
      looked = true;
      const contents = await look(serviceClock(opened)());
      const control = new ControlPlane(opened);
      const service = new ServicePlane(opened);
      try {
        const clients = { target: opened, control, service, signal: context.signal };
        const { findings, idScope } = await serviceReport(clients, contents?.plan);
        remote.findings.push(...findings);
        const answers = findings.some(({ code }) => code === 'DPS') || opened.service !== 'from-arm';
        if (!contents || !answers) return;
        remote.findings.push(...(await uploadFindings(clients, contents)));
        devices.findings.push(...(await deviceFindings(clients, contents, idScope)));
      } finally {
        control.close();
        service.close();
      }
    });
  } catch (error) {
    remote.findings.push(findingOf(error));
    if (!looked) await look(context.now());
  }
  return sections;
}

/** A folder that is named must exist; without a name, there may be none yet. */
function noFolder(folder: string, flags: Flags): Finding {
  const message = sentences.cliDoctor.noFolder(displayPath(layoutOf(folder).folder));
  return flags.dir === undefined
    ? warning('NO_FOLDER', message, sentences.cliDoctor.nameFolder)
    : failure('NO_FOLDER', message, sentences.cliDoctor.checkFolder);
}

function hasPlan(folder: string): boolean {
  return lookAt(layoutOf(folder).plan) !== undefined;
}

function protocolOf(folder: string): DeviceProtocol {
  try {
    return lastPlanGroup(folder, 'devices').protocol;
  } catch {
    return 'mqtt';
  }
}

function emulatorFindings(
  folder: string,
  isExpected: boolean,
): { findings: Finding[]; isRunning: boolean; exists: boolean } {
  let state: string | undefined;
  try {
    state = emulatorStateOfRuns(folder);
  } catch (error) {
    return { findings: [findingOf(error)], isRunning: false, exists: false };
  }
  if (state === undefined) {
    const message = sentences.cliDoctor.noEmulator(displayPath(layoutOf(folder).folder));
    const finding = isExpected
      ? warning(
          'EMULATOR_MISSING',
          sentences.cliDoctor.emulatorMissing(message),
          sentences.cliDoctor.runAgainForEmulator,
        )
      : info('NO_EMULATOR', message);
    return { findings: [finding], isRunning: false, exists: false };
  }
  const finding = findEmulator(state);
  if (finding.kind !== 'running') {
    return {
      findings: [info('EMULATOR_STOPPED', sentences.cliDoctor.emulatorStopped)],
      isRunning: false,
      exists: true,
    };
  }
  const ports = Object.entries(finding.endpoints.ports).map(([name, port]) => `${name} ${port}`);
  return {
    findings: [info('EMULATOR_RUNNING', sentences.cliDoctor.emulatorRunning(finding.pid, ports.join(', ')))],
    isRunning: true,
    exists: true,
  };
}

const deviceEndpoint = 'global.azure-devices-provisioning.net';

async function azurePortFindings(folder: string, { env }: Context): Promise<Finding[]> {
  const protocol = protocolOf(folder);
  const proxy = proxyOf(env);
  const isProxied = proxy !== undefined;
  const port = (name: string, number: number, isNeeded: boolean): Port => ({
    name,
    host: deviceEndpoint,
    port: number,
    isNeeded,
  });
  const ports = [
    // HTTPS may have to go through the proxy.
    ...(isProxied ? [] : [port('HTTPS', 443, true)]),
    port('MQTT', 8883, protocol === 'mqtt'),
    port('AMQP', 5671, protocol === 'amqp'),
  ];
  const findings = await portFindings(ports);
  // A value that is not a URL is reported by another finding.
  if (isProxied && !URL.canParse(proxy)) return findings;
  const through = isProxied ? new URL(proxy) : undefined;
  return [
    ...findings,
    ...(await interceptionFindings(deviceEndpoint, 443, undefined, through)),
    ...(await interceptionFindings('management.azure.com', 443, undefined, through)),
  ];
}

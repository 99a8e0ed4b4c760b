/** Whether an emulator runs on a state folder. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ClockReply } from '../../emulator/control/paths.js';
import { exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

export const emulatorStatus = defineCommand({
  description: sentences.cliEmulator.statusDescription,
  flags: { ...stateFolderFlag, ...outputFlags },
  examples: [
    { line: 'emulator status', summary: sentences.cliEmulator.statusExample },
    { line: 'emulator status --json', summary: sentences.cliEmulator.statusJsonExample },
  ],
  async run({ flags }, { output }) {
    const { controlPaths } = await import('../../emulator/control/paths.js');
    const { logFileOf } = await import('../../emulator/log-file.js');
    const { clockText } = await import('./clock-text.js');
    const { padEnd } = await import('../terminal/text.js');
    const { furtherNames } = await import('./overview.js');
    const { askEmulator, settled } = await import('../../emulator/control/running.js');
    const { refusedBy, stateFolderOf } = await import('./running-emulator.js');
    const dir = stateFolderOf(flags);
    const finding = await settled(dir);
    if (finding.kind !== 'running') {
      if (output.json) output.value({ running: false, dir: resolve(dir) });
      else output.result('emulator.not-running', sentences.cliEmulator.notRunning(resolve(dir)));
      return exitStatus.notRunning;
    }
    const { status, body } = await askEmulator(finding.endpoints, 'GET', controlPaths.clock);
    if (status !== 200) refusedBy(finding, status, body);
    const clock = body as ClockReply;
    const { pid, since, endpoints } = finding;
    const log = existsSync(logFileOf(dir)) ? logFileOf(dir) : undefined;
    if (output.json) {
      const { armEndpoint, globalDeviceEndpoint, hubHostName, idScope, dpsName, ports, tlsMax } = endpoints;
      const services = endpoints.services.map(({ name, idScope, hostName }) => ({ name, idScope, hostName }));
      const hubs = endpoints.hubs.map(({ name, hostName }) => ({ name, hostName }));
      const names = {
        armEndpoint,
        globalDeviceEndpoint,
        hubHostName,
        idScope,
        dpsName,
        services,
        hubs,
        ports,
        tlsMax,
      };
      output.value({
        running: true,
        dir: resolve(dir),
        pid,
        since,
        ...names,
        clock,
        ...(log ? { log } : {}),
      });
      return exitStatus.ok;
    }
    const lines = sentences.cliEmulator.lines;
    const rows = [
      [lines.process, sentences.cliEmulator.processSince(pid, since)],
      [lines.devicePlane, endpoints.globalDeviceEndpoint],
      [lines.idScope, endpoints.idScope],
      [lines.servicePlane, endpoints.armEndpoint],
      [lines.hub, endpoints.hubHostName],
      ...furtherNames(endpoints).map((line) => [lines.others, line]),
      [
        lines.ports,
        Object.entries(endpoints.ports)
          .map(([name, port]) => `${name} ${port}`)
          .join(', '),
      ],
      [lines.tls, sentences.cliEmulator.upToTls(endpoints.tlsMax)],
      [lines.clock, clockText(clock)],
      ...(log ? [[lines.log, log]] : []),
    ];
    output.result(
      'emulator.running',
      [
        sentences.cliEmulator.isRunning(resolve(dir)),
        ...rows.map(([name, value]) => `  ${padEnd(name!, 15)}${value}`),
      ].join('\n'),
    );
    return exitStatus.ok;
  },
});

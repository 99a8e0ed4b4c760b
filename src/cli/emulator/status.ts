/** Whether an emulator runs on a state folder. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ClockReply } from '../../emulator/control/paths.js';
import { exitStatus } from '../../errors.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

export const emulatorStatus = defineCommand({
  description:
    'Tells whether an emulator runs on a state folder, and where. Exit status: 0 when it runs and answers, 12 when none runs, 5 when its process lives and does not answer. Prints no secrets; those are in emulator env.',
  flags: { ...stateFolderFlag, ...outputFlags },
  examples: [
    { line: 'emulator status', summary: 'of the state in certs' },
    { line: 'emulator status --json', summary: 'for scripts: running, pid, since, ports, names, the clock' },
  ],
  async run({ flags }, { output }) {
    const { controlPaths } = await import('../../emulator/control/paths.js');
    const { logFileOf } = await import('../../emulator/log-file.js');
    const { durationText } = await import('../terminal/text.js');
    const { furtherNames } = await import('./overview.js');
    const { askEmulator, settled } = await import('../../emulator/control/running.js');
    const { refusedBy, stateFolderOf } = await import('./running-emulator.js');
    const dir = stateFolderOf(flags);
    const finding = await settled(dir);
    if (finding.kind !== 'running') {
      if (output.json) output.value({ running: false, dir: resolve(dir) });
      else output.result('emulator.not-running', `No emulator runs on ${resolve(dir)}.`);
      return exitStatus.notRunning;
    }
    const { status, body } = await askEmulator(finding.endpoints, 'GET', controlPaths.clock);
    if (status !== 200) refusedBy(finding, status, body);
    const clock = body as ClockReply;
    const { pid, since, endpoints } = finding;
    const log = existsSync(logFileOf(dir)) ? logFileOf(dir) : undefined;
    if (output.json) {
      const { armEndpoint, globalDeviceEndpoint, hubHostName, idScope, dpsName, ports } = endpoints;
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
    const side = clock.offset > 0 ? 'ahead of' : 'behind';
    const shift = clock.offset === 0 ? '' : `, ${durationText(clock.offset)} ${side} this computer`;
    const rows = [
      ['Process', `${pid}, since ${since}`],
      ['Device plane', endpoints.globalDeviceEndpoint],
      ['ID scope', endpoints.idScope],
      ['Service plane', endpoints.armEndpoint],
      ['Hub', endpoints.hubHostName],
      ...furtherNames(endpoints).map((line) => ['Further', line]),
      [
        'Ports',
        Object.entries(endpoints.ports)
          .map(([name, port]) => `${name} ${port}`)
          .join(', '),
      ],
      ['Clock', `${clock.now}${shift}`],
      ...(log ? [['Log', log]] : []),
    ];
    output.result(
      'emulator.running',
      [
        `An emulator runs on ${resolve(dir)}.`,
        ...rows.map(([name, value]) => `  ${name!.padEnd(15)}${value}`),
      ].join('\n'),
    );
    return exitStatus.ok;
  },
});

/** The log of an emulator: what it refused, and why. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { numberFlag } from '../kernel/flags.js';
import { stateFolderFlag } from '../target/target-flags.js';

const defaultLimit = 20;

export const emulatorLogs = defineCommand({
  description: sentences.cliEmulator.logsDescription,
  flags: {
    ...stateFolderFlag,
    line: numberFlag({
      placeholder: 'NUMBER',
      minimum: 1,
      maximum: 1_000_000_000,
      summary: sentences.cliEmulator.logsLineFlag,
    }),
    limit: numberFlag({
      placeholder: 'COUNT',
      minimum: 1,
      maximum: 100_000,
      summary: sentences.cliEmulator.logsLimitFlag(defaultLimit),
    }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator logs', summary: sentences.cliEmulator.logsExample },
    { line: 'emulator logs --line 7 --json', summary: sentences.cliEmulator.logsLineExample },
  ],
  async run({ flags }, { output }) {
    const { logFileOf } = await import('../../emulator/log-file.js');
    const { logEntries } = await import('../target/emulator-log.js');
    const { stateFolderOf } = await import('./running-emulator.js');
    const log = logFileOf(resolve(stateFolderOf(flags)));
    const all = existsSync(log) ? logEntries(log) : [];
    const { line, limit = defaultLimit } = flags;
    const shown = line === undefined ? all.slice(-limit) : all.filter(({ number }) => number === line);
    if (line !== undefined && shown.length === 0) {
      throw new EnrollkitError('NOT_FOUND', sentences.cliEmulator.noLogEntry(line, log), {
        next: sentences.cliEmulator.leaveLineOut,
      });
    }
    if (output.json) {
      const entries = shown.map(({ number, text, reason }) => ({ line: number, text, reason }));
      return output.value({ log, entries });
    }
    if (shown.length === 0) return output.note('emulator.logs.empty', sentences.cliEmulator.emptyLog(log));
    const width = String(shown.at(-1)!.number).length;
    const lines = shown.flatMap(({ number, text, reason }) => [
      `${output.dataStyle.dim(String(number).padStart(width))} ${text}`,
      ...(reason === '' ? [] : [`${' '.repeat(width + 1)}${reason}`]),
    ]);
    output.data(lines.join('\n'));
  },
});

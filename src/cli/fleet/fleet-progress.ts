/** The progress of a fleet: a line that is redrawn at a terminal, a line every few seconds elsewhere, JSON with `--json`. */

import { sentences } from '../../languages/language.js';
import type { Output } from '../kernel/output.js';
import { truncate } from '../terminal/text.js';

export interface FleetProgress {
  /** Takes the number of devices that are done; the first time, those of earlier runs. */
  on(devices: number): void;
  end(): void;
}

const redrawMs = 200;
const lineMs = 5000;
const eventMs = 1000;

export function fleetProgress(output: Output, total: number, quiet: boolean): FleetProgress {
  if (quiet) return { on() {}, end() {} };
  const redrawn = output.stderr.isTTY === true && !output.json;
  const everyMs = output.json ? eventMs : redrawn ? redrawMs : lineMs;
  let before: number | undefined;
  let startedAt = 0;
  let shownAt = 0;
  return {
    on(devices) {
      const now = performance.now();
      if (before === undefined) {
        [before, startedAt, shownAt] = [devices, now, now];
        return;
      }
      if (now - shownAt < everyMs) return;
      shownAt = now;
      const perSecond = (devices - before) / ((now - startedAt) / 1000);
      const secondsLeft = perSecond > 0 ? Math.ceil((total - devices) / perSecond) : undefined;
      if (output.json) {
        const event = {
          event: 'progress',
          devices,
          total,
          devicesPerSecond: rounded(perSecond),
          secondsLeft,
        };
        output.line(JSON.stringify(event));
        return;
      }
      const line = sentences.cliFleet.progress(devices, total, rounded(perSecond)) + left(secondsLeft);
      if (redrawn) output.stderr.write(`\r\x1b[K${truncate(line, output.width - 1)}`);
      else output.note('fleet.progress', line);
    },
    end() {
      if (redrawn) output.stderr.write('\r\x1b[K');
    },
  };
}

/** Slow keys make less than one a second. */
const rounded = (rate: number) => (rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate));

function left(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (seconds < 120) return sentences.cliFleet.timeLeft(String(seconds), 's');
  if (seconds < 7200) return sentences.cliFleet.timeLeft(String(Math.round(seconds / 60)), 'min');
  return sentences.cliFleet.timeLeft((seconds / 3600).toFixed(1), 'h');
}

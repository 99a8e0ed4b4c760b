/**
 * What `device run` shows: at a terminal one line that is redrawn, elsewhere a line now and then; with `--json` one event
 * per line on standard output.
 */
import type { DeviceEvent } from '../../fleet/running/events.js';
import type { RunDevicesResult, RunProgress } from '../../fleet/running/options.js';
import { sentences } from '../../languages/language.js';
import type { Output } from '../kernel/output.js';
import { columns, durationText, truncate } from '../terminal/text.js';

export interface RunDisplay {
  onEvent(event: DeviceEvent): void;
  onProgress(progress: RunProgress): void;
  result(result: RunDevicesResult): void;
  /** Clears the line; can be called twice. */
  end(): void;
}

/** Between two lines where nothing is redrawn. */
const lineMs = 10_000;
/** How many failures of single devices are shown of each kind, so that many of one do not hide the reason of another. */
const maxNotesOfKind = 5;

export function runDisplay(output: Output): RunDisplay {
  return output.json ? jsonDisplay(output) : textDisplay(output);
}

function jsonDisplay(output: Output): RunDisplay {
  return {
    onEvent: (event) => output.value(event, { oneLine: true }),
    onProgress: (progress) => output.value({ event: 'progress', ...stamped(progress) }, { oneLine: true }),
    result({ failures, ...totals }) {
      const failed = failures.map(({ registrationId, error: { code, message, next } }) => ({
        registrationId,
        code,
        message,
        next,
      }));
      output.value({ event: 'ended', ...stamped(totals), failures: failed }, { oneLine: true });
    },
    end() {},
  };
}

const stamped = (progress: RunProgress) => ({ time: new Date().toISOString(), ...progress });

function textDisplay(output: Output): RunDisplay {
  const redraws = output.stderr.isTTY === true && !output.plain;
  const clear = () => {
    if (redraws) output.stderr.write('\r\x1b[K');
  };
  let shownAt = performance.now();
  let before: RunProgress | undefined;
  let notShown = 0;
  const notes = new Map<string, number>();
  const note = (id: string, code: string, text: string) => {
    const kind = `${id} ${code}`;
    const count = (notes.get(kind) ?? 0) + 1;
    notes.set(kind, count);
    if (count > maxNotesOfKind) {
      notShown += 1;
      return;
    }
    clear();
    output.note(id, text);
  };
  return {
    onEvent(event) {
      if (event.event === 'failed') {
        note('device.run.failed', event.code, sentences.deviceRun.gaveUp(event.deviceId, event.message));
      } else if (event.event === 'disconnected') {
        note(
          'device.run.disconnected',
          event.code,
          sentences.deviceRun.lostConnection(event.deviceId, event.message),
        );
      }
    },
    onProgress(progress) {
      const perSecond =
        (progress.sent - (before?.sent ?? 0)) / ((progress.elapsedMs - (before?.elapsedMs ?? 0)) / 1000);
      const { connected, devices, sent, messagesReceived, methodCalls, lost } = progress;
      const rate = perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
      const line = sentences.deviceRun.progress(
        connected,
        devices,
        sent,
        rate,
        messagesReceived,
        methodCalls,
        lost,
      );
      if (redraws) {
        before = progress;
        output.stderr.write(`\r\x1b[K${truncate(line, output.width - 1)}`);
      } else if (performance.now() - shownAt >= lineMs) {
        before = progress;
        shownAt = performance.now();
        output.note('device.run.progress', line);
      }
    },
    result(result) {
      clear();
      const next = result.failures[0]?.error.next;
      if (notShown > 0) output.note('device.run.more', sentences.deviceRun.moreNotes(notShown));
      const { rows } = sentences.deviceRun;
      const again = result.sentAgain > 0 ? rows.again(result.sentAgain) : '';
      output.result(
        'device.run.report',
        columns([
          [rows.devices, rows.connected(result.connected, result.devices)],
          [rows.time, durationText(result.elapsedMs)],
          [rows.sent, `${result.sent}${again}`],
          [rows.lost, String(result.lost)],
          [rows.received, String(result.messagesReceived)],
          [rows.methods, String(result.methodCalls)],
          [rows.desired, String(result.desiredChanges)],
          [rows.reported, String(result.reportedUpdates)],
          [rows.disconnections, String(result.disconnections)],
          ...(result.renewals > 0 ? [[rows.renewals, String(result.renewals)] as const] : []),
        ]).join('\n'),
      );
      if (next !== undefined) output.note('device.run.next', `\n${sentences.cliKernel.labels.next}${next}`);
    },
    end: clear,
  };
}

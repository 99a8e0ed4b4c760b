/** What `device block` and `device unblock` report. */
import type { BlockedDevice } from '../../dps/client/device-block.js';
import { type ExitStatus, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Context } from '../kernel/command.js';
import { quoted } from '../terminal/command-line.js';
import { columns } from '../terminal/text.js';

/**
 * @param sameFolder the flag that makes a suggested command use the same folder
 * @returns 7 when the identity in the hub is left
 */
export function blockResult(
  result: BlockedDevice,
  done: 'blocked' | 'unblocked',
  sameFolder: string,
  { output }: Context,
): ExitStatus {
  const { registrationId, enrollment, hubs } = result;
  const { block: text } = sentences.cliDevice;
  const wanted = done === 'blocked' ? 'disabled' : 'enabled';
  const left = hubs.filter(({ status }) => status === 'unknown');
  if (output.json) output.value(result);
  else {
    output.result(
      `device.${done}`,
      columns([
        [text.rows.device, registrationId],
        [text.rows.enrollment, text.enrollments[enrollment]],
        ...(hubs.length === 0
          ? [[text.rows.hub, text.notInHub] as const]
          : hubs.map(
              ({ hostName, deviceId, status }) =>
                [text.rows.hub, text.inHub(hostName, deviceId, text.statuses[status])] as const,
            )),
      ]).join('\n'),
    );
  }
  for (const { hostName, deviceId } of left) {
    const command = `az iot hub device-identity update --hub-name ${hostName.split('.')[0]} --device-id ${quoted(deviceId)} --set status=${wanted}`;
    output.note('device.block.hub', `\n${text.hubLeft(hostName, command)}`);
  }
  const command =
    done === 'blocked'
      ? `enrollkit device unblock ${registrationId}${sameFolder}`
      : `enrollkit device register ${registrationId}${sameFolder}`;
  const isUnknown = done === 'unblocked' && enrollment === 'none' && hubs.length === 0;
  if (isUnknown && !output.json) {
    output.note('device.unblocked.unknown', `\n${text.unknown(registrationId)}`);
  } else if (!output.json) output.note(`device.${done}.next`, `\n${text.next[done](command)}`);
  return left.length > 0 ? exitStatus.partial : exitStatus.ok;
}

/** A message of a device as a line for people. */
import type { MessageReply } from '../../emulator/control/paths.js';
import type { Styles } from '../kernel/output.js';
import { printable } from '../terminal/text.js';

export function messageLine(message: MessageReply, style: Styles): string {
  const { deviceId, enqueued, systemProperties, properties, body, bodyBase64 } = message;
  const content = body === undefined ? `base64 ${bodyBase64}` : printable(body);
  const named = Object.entries({ ...systemProperties, ...properties }).map(
    ([name, value]) => `${printable(name)}=${printable(value)}`,
  );
  const more = named.length > 0 ? `  ${style.dim(`(${named.join(', ')})`)}` : '';
  return `${style.dim(enqueued)}  ${style.bold(printable(deviceId))}  ${content}${more}`;
}

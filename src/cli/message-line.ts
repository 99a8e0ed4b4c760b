/** A message of a device as a line for people. */
import type { MessageReply } from '../emulator/control-routes.js';
import type { Styles } from './output.js';

/** The body is the device's own text: what would steer a terminal is shown, not done. */
export function messageLine(message: MessageReply, style: Styles): string {
  const { deviceId, enqueued, systemProperties, properties, body, bodyBase64 } = message;
  const content = body === undefined ? `base64 ${bodyBase64}` : printable(body);
  const named = Object.entries({ ...systemProperties, ...properties }).map(
    ([name, value]) => `${printable(name)}=${printable(value)}`,
  );
  const more = named.length > 0 ? `  ${style.dim(`(${named.join(', ')})`)}` : '';
  return `${style.dim(enqueued)}  ${style.bold(printable(deviceId))}  ${content}${more}`;
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    JSON.stringify(character).length > 3
      ? JSON.stringify(character).slice(1, -1)
      : `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

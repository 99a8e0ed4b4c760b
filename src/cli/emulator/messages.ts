/** What devices sent to the hub of a running emulator. */

import type { MessageReply, MessagesQuery, MessagesReply } from '../../emulator/control/paths.js';
import type { EndpointsFile } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { outputFlags } from '../kernel/common-flags.js';
import { numberFlag, switchFlag } from '../kernel/flags.js';
import type { Styles } from '../kernel/output.js';
import { stateFolderFlag } from '../target/target-flags.js';
import { printable } from '../terminal/text.js';

const defaultLimit = 20;
/** How long one request waits for messages; shorter than the client's timeout. */
const waitSeconds = 5;

export const emulatorMessages = defineCommand({
  description: sentences.cliEmulator.messagesDescription,
  args: { DEVICE: { summary: sentences.cliEmulator.messagesDevice, optional: true, completes: 'devices' } },
  flags: {
    ...stateFolderFlag,
    limit: numberFlag({
      placeholder: 'COUNT',
      minimum: 1,
      maximum: 1000,
      summary: sentences.cliEmulator.messagesLimitFlag(defaultLimit),
    }),
    follow: switchFlag({ summary: sentences.cliEmulator.followFlag }),
    ...outputFlags,
  },
  examples: [
    { line: 'emulator messages', summary: sentences.cliEmulator.messagesExample },
    { line: 'emulator messages device-1 --follow', summary: sentences.cliEmulator.messagesFollowExample },
    {
      line: "emulator messages --json | jq '.messages[].body'",
      summary: sentences.cliEmulator.messagesJsonExample,
    },
  ],
  async run({ args: { DEVICE: deviceId }, flags }, context) {
    const { runningOn, stateFolderOf } = await import('./running-emulator.js');
    const { output, signal } = context;
    const running = await runningOn(stateFolderOf(flags));
    const limit = String(flags.limit ?? defaultLimit);
    const query = { ...(deviceId === undefined ? {} : { deviceId }), limit };
    const { messages, cursor } = await ask(running, query);
    if (flags.follow !== true) {
      if (output.json) output.value({ messages });
      else if (messages.length === 0)
        output.note('emulator.messages.empty', sentences.cliEmulator.noMessages);
      else output.data(messages.map((message) => messageLine(message, output.dataStyle)).join('\n'));
      return;
    }
    const show = (message: MessageReply) =>
      output.json
        ? output.value(message, { oneLine: true })
        : output.data(messageLine(message, output.dataStyle));
    messages.forEach(show);
    await follow(running, { ...query, cursor }, show, signal);
    if (!signal.aborted) output.note('emulator.messages.ended', sentences.cliEmulator.followEnded);
  },
});

async function follow(
  running: EndpointsFile,
  query: MessagesQuery,
  show: (message: MessageReply) => void,
  signal: AbortSignal,
): Promise<void> {
  const aborted = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  for (let { cursor } = query; !signal.aborted; ) {
    try {
      const page = await Promise.race([
        ask(running, { ...query, ...(cursor === undefined ? {} : { cursor }), wait: String(waitSeconds) }),
        aborted,
      ]);
      if (page === undefined) return;
      page.messages.forEach(show);
      cursor = page.cursor;
    } catch (error) {
      // The connection ends with the emulator.
      if (error instanceof EnrollkitError && error.code === 'NETWORK') return;
      throw error;
    }
  }
}

async function ask(running: EndpointsFile, query: MessagesQuery): Promise<MessagesReply> {
  const { controlPaths } = await import('../../emulator/control/paths.js');
  const { askEmulator } = await import('../../emulator/control/running.js');
  const { refusedBy } = await import('./running-emulator.js');
  const path = `${controlPaths.messages}?${new URLSearchParams({ ...query })}`;
  const { status, body } = await askEmulator(running.endpoints, 'GET', path);
  return status === 200 ? (body as MessagesReply) : refusedBy(running, status, body);
}

/** A message of a device as a line for people. */
function messageLine(message: MessageReply, style: Styles): string {
  const { deviceId, enqueued, systemProperties, properties, body, bodyBase64 } = message;
  const content = body === undefined ? `base64 ${bodyBase64}` : printable(body);
  const allProperties = Object.entries({ ...systemProperties, ...properties }).map(
    ([name, value]) => `${printable(name)}=${printable(value)}`,
  );
  const more = allProperties.length > 0 ? `  ${style.dim(`(${allProperties.join(', ')})`)}` : '';
  return `${style.dim(enqueued)}  ${style.bold(printable(deviceId))}  ${content}${more}`;
}

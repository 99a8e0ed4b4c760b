/** Server-sent events: a browser gets one when something changes, and then requests its page again. */
import type { Activity } from './activity.js';

/** How often an idle connection gets a comment, which keeps it open, in milliseconds. */
const heartbeatMs = 15_000;

/**
 * @param signal aborted when the browser disconnects
 * @param pauseMs the time until the next event, in milliseconds
 */
export function eventStream(signal: AbortSignal, activity: Activity, pauseMs: () => number): Response {
  const encoder = new TextEncoder();
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (event: string) => controller.enqueue(encoder.encode(event));
      let timer: NodeJS.Timeout | undefined;
      let isWaiting = false;
      const changed = () => {
        if (timer !== undefined) {
          isWaiting = true;
          return;
        }
        send('event: change\ndata:\n\n');
        timer = setTimeout(() => {
          timer = undefined;
          if (isWaiting) {
            isWaiting = false;
            changed();
          }
        }, pauseMs());
      };
      const stopListening = activity.onChange(changed);
      const heartbeat = setInterval(() => send(':\n\n'), heartbeatMs);
      stop = () => {
        stopListening();
        clearTimeout(timer);
        clearInterval(heartbeat);
        signal.removeEventListener('abort', end);
        stop = () => {};
      };
      const end = () => {
        stop();
        controller.close();
      };
      signal.addEventListener('abort', end, { once: true });
      send(`event: hello\ndata: ${JSON.stringify({ epoch: activity.epoch, changes: activity.changes })}\n\n`);
    },
    cancel: () => stop(),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}

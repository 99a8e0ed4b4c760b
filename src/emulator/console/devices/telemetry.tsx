/** The newest messages of a device. */
import type { HubMessage } from '../../hub/messages.js';
import { Table, Time } from '../layout.js';
import type { PageContext } from '../page-context.js';

/** How many messages are shown, and how many bytes of each. */
const shownMessages = 20;
const shownBytes = 2000;

/** @param props.messages the oldest first */
export function Telemetry({ page, messages }: { page: PageContext; messages: readonly HubMessage[] }) {
  const { devicesPage } = page.text;
  if (messages.length === 0) return <p>{devicesPage.noTelemetry}</p>;
  return (
    <Table
      label={devicesPage.telemetry}
      head={[devicesPage.enqueued, devicesPage.body, devicesPage.properties]}
    >
      {messages
        .slice(-shownMessages)
        .reverse()
        .map(({ enqueued, body, properties, systemProperties }) => (
          <tr>
            <td>
              <Time at={enqueued} />
            </td>
            <td>
              <pre>{bodyText(page, body)}</pre>
            </td>
            <td>
              {[
                ...Object.entries(systemProperties).map(([name, value]) => [`$.${name}`, value]),
                ...Object.entries(properties),
              ].map(([name, value]) => (
                <div>
                  <code>{`${name}=${value}`}</code>
                </div>
              ))}
            </td>
          </tr>
        ))}
    </Table>
  );
}

function bodyText({ text: { devicesPage } }: PageContext, body: Buffer): string {
  const head = body.subarray(0, shownBytes).toString();
  // A character may be cut at the end of the part.
  if (head.slice(0, -4).includes('�') || head.includes('\0')) return devicesPage.binary(body.length);
  return body.length <= shownBytes ? head : `${head} ${devicesPage.shortened(body.length)}`;
}

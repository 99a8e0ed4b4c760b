/** The page Log: registrations with their verdicts, and requests. */
import { Live, Table, Time } from './layout.js';
import type { PageContext } from './page-context.js';
import { VerdictCard } from './verdict-card.js';

/** How many are shown. */
const shownVerdicts = 25;
const shownEvents = 100;

export function LogPage({ page }: { page: PageContext }) {
  const { text } = page;
  const { activity } = page.console;
  const verdicts = activity.verdicts.slice(0, shownVerdicts);
  const events = activity.events.slice(0, shownEvents);
  const { logPage } = text;
  return (
    <>
      <section aria-labelledby="verdicts">
        <h2 id="verdicts">{logPage.verdicts}</h2>
        <p>{logPage.verdictsText}</p>
        <Live id="live-verdicts">
          {verdicts.length === 0 ? (
            <p>{logPage.noVerdicts}</p>
          ) : (
            verdicts.map((one) => <VerdictCard page={page} verdict={one} />)
          )}
        </Live>
      </section>
      <section>
        <h2 id="requests">{logPage.requests}</h2>
        <Live id="live-requests">
          {events.length === 0 ? (
            <p>{logPage.noRequests}</p>
          ) : (
            <Table
              label={logPage.requests}
              head={[
                logPage.time,
                logPage.plane,
                logPage.transport,
                logPage.operation,
                logPage.id,
                text.status,
                logPage.reason,
              ]}
            >
              {events.map(({ value }) => (
                <tr>
                  <td>
                    <Time at={value.at} />
                  </td>
                  <td>{value.plane}</td>
                  <td>{value.transport}</td>
                  <td>{value.operation}</td>
                  <td class="id">{value.id ?? ''}</td>
                  <td>{value.status}</td>
                  <td lang="en">
                    {value.fault === undefined ? '' : `${text.faults}: ${value.fault} `}
                    {value.reason ?? ''}
                  </td>
                </tr>
              ))}
            </Table>
          )}
        </Live>
      </section>
    </>
  );
}

/** The page Overview: addresses, connection strings, and how SDKs connect. */
import { CodeBlock, Live, Secret, Table } from '../layout.js';
import { type PageContext, paths } from '../page-context.js';
import { snippetsOf } from './snippets.js';

export function OverviewPage({ page }: { page: PageContext }) {
  const { text, sentences } = page;
  const { services, hubs, endpoints } = page.console;
  const { overviewPage } = text;
  const known = endpoints();
  return (
    <>
      <Live id="live-overview">
        {services.list().map((service) => {
          const { dpsName, idScope } = service.identity;
          const secret = known.services.find(({ name }) => name === dpsName)?.connectionString;
          return (
            <section aria-labelledby={`service-${service.number}`}>
              <h2 id={`service-${service.number}`}>
                {overviewPage.service} {dpsName}
              </h2>
              <dl>
                <dt>{overviewPage.idScope}</dt>
                <dd>
                  <code>{idScope}</code>
                </dd>
                <dt>{overviewPage.hostName}</dt>
                <dd>
                  <code>{service.names.https}</code>
                </dd>
                {secret !== undefined && (
                  <>
                    <dt>{overviewPage.connectionString}</dt>
                    <dd>
                      <Secret page={page} value={secret} label={overviewPage.connectionStringOf(dpsName)} />
                    </dd>
                  </>
                )}
              </dl>
              <p class="links">
                <a href={paths.certificates(dpsName)}>{text.certificates}</a>
                <a href={paths.enrollments(dpsName)}>{text.enrollments}</a>
                <a href={paths.registrations(dpsName)}>{text.registrations}</a>
                <a href={paths.linkedHubs(dpsName)}>{text.linkedHubs}</a>
              </p>
            </section>
          );
        })}
        <section>
          <h2 id="hubs">{overviewPage.allHubs}</h2>
          <Table
            label={overviewPage.allHubs}
            head={[overviewPage.hub, overviewPage.hostName, overviewPage.connectionString]}
          >
            {hubs.list().map(({ hubId, names }) => {
              const secret = known.hubs.find(({ name }) => name === hubId)?.serviceConnectionString;
              return (
                <tr>
                  <td>
                    <a href={paths.devices(hubId)}>{hubId}</a>
                  </td>
                  <td>{names.mqtt}</td>
                  <td>
                    {secret !== undefined && (
                      <Secret page={page} value={secret} label={overviewPage.connectionStringOf(hubId)} />
                    )}
                  </td>
                </tr>
              );
            })}
          </Table>
        </section>
      </Live>
      <section>
        <h2 id="connect">{overviewPage.connectSdk}</h2>
        <p>{overviewPage.connectSdkText}</p>
        {services.list().map(({ identity: { dpsName, idScope } }, _, { length }) => (
          <>
            {length > 1 && <h3>{dpsName}</h3>}
            {snippetsOf(known, idScope).map(({ language, code, needsPort }) => (
              <details class="snippet">
                <summary>{language}</summary>
                {needsPort !== undefined && <p>{sentences.cliSample.program.needsPort(needsPort)}</p>}
                <CodeBlock page={page} code={code} label={language} />
              </details>
            ))}
          </>
        ))}
        <p>
          {overviewPage.moreSamples} <code>enrollkit sample LANGUAGE SAMPLE</code>
        </p>
        <p>
          {overviewPage.environment} <code>enrollkit emulator env --for LANGUAGE</code>
        </p>
        <dl>
          <dt>{overviewPage.armEndpoint}</dt>
          <dd>
            <code>{known.armEndpoint}</code>
          </dd>
          <dt>{overviewPage.tlsRoot}</dt>
          <dd>
            <code>{known.caFile}</code>
          </dd>
        </dl>
      </section>
    </>
  );
}

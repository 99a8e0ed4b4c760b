/** The page Overview: addresses, connection strings, and how SDKs connect. */
import { Live, Secret, Table } from './layout.js';
import { type PageContext, paths } from './page-context.js';

/** The languages of `emulator env --for`, with their names. */
const sdkLanguages: Record<string, string> = {
  node: 'Node.js',
  python: 'Python',
  csharp: 'C#',
  java: 'Java',
  c: 'C',
  go: 'Go',
  az: 'Azure CLI',
};

export function OverviewPage({ page }: { page: PageContext }) {
  const { text } = page;
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
              </p>
              <h3>{overviewPage.hubs}</h3>
              <Table
                label={overviewPage.hubs}
                head={[overviewPage.hub, overviewPage.hostName, overviewPage.weight]}
              >
                {service.hubs.list().map((hub) => (
                  <tr>
                    <td>
                      <a href={paths.devices(hub.hubId)}>{hub.hubId}</a>
                    </td>
                    <td>{hub.hostName}</td>
                    <td>
                      {hub.applyAllocationPolicy === false
                        ? overviewPage.notAssigned
                        : (hub.allocationWeight ?? 1)}
                    </td>
                  </tr>
                ))}
              </Table>
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
        <Table label={overviewPage.connectSdk} head={[overviewPage.sdkLanguage, overviewPage.command]}>
          {Object.entries(sdkLanguages).map(([flag, name]) => (
            <tr>
              <td>{name}</td>
              <td>
                <code>{`enrollkit emulator env --for ${flag}`}</code>
              </td>
            </tr>
          ))}
        </Table>
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

/** The page Devices: the devices of a hub. */
import type { Context } from 'hono';
import { presenceOf } from '../../hub/describe.js';
import type { IotHub } from '../../hub/hub-directory.js';
import { RefusalNotice } from '../form.js';
import { renderPage, Time } from '../layout.js';
import { LiveList, pageSize, SearchForm } from '../list.js';
import { type PageContext, paths } from '../page-context.js';
import type { Refusal } from '../submission.js';
import { ConnectionBadge, StatusBadge } from './device-parts.js';

export function deviceList(page: PageContext, hub: IotHub, c: Context, refusal?: Refusal): string {
  const { text } = page;
  const { devicesPage } = text;
  const [prefix, after] = [c.req.query('prefix') ?? '', c.req.query('after') ?? ''];
  const base = paths.devices(hub.hubId);
  return renderPage(
    page,
    `${text.devices}: ${hub.hubId}`,
    <>
      <RefusalNotice page={page} refusal={refusal} />
      <HubChoice page={page} hub={hub} />
      <SearchForm page={page} action={base} prefix={prefix} />
      <LiveList
        page={page}
        id="live-devices"
        label={text.devices}
        empty={devicesPage.empty}
        head={[
          devicesPage.deviceId,
          text.status,
          devicesPage.connection,
          devicesPage.authentication,
          devicesPage.lastActivity,
        ]}
        items={hub.hub.devices.page(after, pageSize + 1, prefix)}
        query={{ base, prefix, after }}
        positionAfter={({ deviceId }) => deviceId}
        row={(device) => {
          const { times, connected } = presenceOf(hub.hub, device.deviceId);
          return (
            <tr>
              <td class="id">
                <a href={paths.device(hub.hubId, device.deviceId)}>{device.deviceId}</a>
              </td>
              <td>
                <StatusBadge page={page} device={device} />
              </td>
              <td>
                <ConnectionBadge page={page} isConnected={connected} />
              </td>
              <td>{devicesPage.authentications[device.credential.type]}</td>
              <td>{times.lastActivity === undefined ? '' : <Time at={times.lastActivity} />}</td>
            </tr>
          );
        }}
      />
    </>,
  );
}

function HubChoice({ page: { text, console }, hub }: { page: PageContext; hub: IotHub }) {
  const hubs = console.hubs.list();
  if (hubs.length < 2) return null;
  return (
    <nav aria-label={text.overviewPage.allHubs} class="links">
      {hubs.map(({ hubId }) => (
        <a href={paths.devices(hubId)} {...(hubId === hub.hubId ? { 'aria-current': 'true' as const } : {})}>
          {hubId}
        </a>
      ))}
    </nav>
  );
}

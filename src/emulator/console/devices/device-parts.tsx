/** What the list of devices and the page of one device show alike. */
import type { HubDevice } from '../../hub/devices.js';
import { Badge } from '../layout.js';
import type { PageContext } from '../page-context.js';

export function StatusBadge({
  page: { text },
  device: { status },
}: {
  page: PageContext;
  device: HubDevice;
}) {
  return (
    <Badge kind={status === 'enabled' ? 'good' : 'bad'}>
      {status === 'enabled' ? text.enabled : text.disabled}
    </Badge>
  );
}

export function ConnectionBadge({ page, isConnected }: { page: PageContext; isConnected: boolean }) {
  const { connected, disconnected } = page.text.devicesPage;
  return <Badge kind={isConnected ? 'good' : 'neutral'}>{isConnected ? connected : disconnected}</Badge>;
}

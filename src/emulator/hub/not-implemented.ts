/** Operations of IoT Hub's HTTPS side that the stand-in does not have: answered with 501, which names them. */
import type { Route } from '../../dps/contract/routes.js';

export const hubRoutesNotImplemented: { name: string; route: Route }[] = [
  { name: 'listDevices', route: { method: 'GET', path: '/devices' } },
  { name: 'bulkDevices', route: { method: 'POST', path: '/devices' } },
  { name: 'queryDevices', route: { method: 'POST', path: '/devices/query' } },
  { name: 'putDevice', route: { method: 'PUT', path: '/devices/:deviceId' } },
  { name: 'receiveMessage', route: { method: 'GET', path: '/devices/:deviceId/messages/deviceBound' } },
  { name: 'listModules', route: { method: 'GET', path: '/devices/:deviceId/modules' } },
  { name: 'getModule', route: { method: 'GET', path: '/devices/:deviceId/modules/:moduleId' } },
  { name: 'putModule', route: { method: 'PUT', path: '/devices/:deviceId/modules/:moduleId' } },
  { name: 'deleteModule', route: { method: 'DELETE', path: '/devices/:deviceId/modules/:moduleId' } },
  { name: 'putTwin', route: { method: 'PUT', path: '/twins/:deviceId' } },
  { name: 'patchTwin', route: { method: 'PATCH', path: '/twins/:deviceId' } },
  { name: 'invokeMethod', route: { method: 'POST', path: '/twins/:deviceId/methods' } },
  { name: 'getStatistics', route: { method: 'GET', path: '/statistics/devices' } },
  { name: 'getServiceStatistics', route: { method: 'GET', path: '/statistics/service' } },
];

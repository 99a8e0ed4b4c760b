/** Operations of IoT Hub that the emulator does not have: answered with 501. */
import type { Route } from '../../../dps/contract/routes.js';
import { notImplemented } from '../../wire/http/operation.js';
import type { HubCaller } from './hub-operation.js';

const rows: [name: string, caller: HubCaller, method: Route['method'], path: string][] = [
  ['listModules', 'RegistryRead', 'GET', '/devices/:deviceId/modules'],
  ['getModule', 'RegistryRead', 'GET', '/devices/:deviceId/modules/:moduleId'],
  ['putModule', 'RegistryWrite', 'PUT', '/devices/:deviceId/modules/:moduleId'],
  ['deleteModule', 'RegistryWrite', 'DELETE', '/devices/:deviceId/modules/:moduleId'],
  ['getModuleTwin', 'ServiceConnect', 'GET', '/twins/:deviceId/modules/:moduleId'],
  ['patchModuleTwin', 'ServiceConnect', 'PATCH', '/twins/:deviceId/modules/:moduleId'],
  ['putModuleTwin', 'ServiceConnect', 'PUT', '/twins/:deviceId/modules/:moduleId'],
  ['invokeModuleMethod', 'ServiceConnect', 'POST', '/twins/:deviceId/modules/:moduleId/methods'],
  ['applyConfiguration', 'RegistryWrite', 'POST', '/devices/:deviceId/applyConfigurationContent'],
  ['listConfigurations', 'RegistryRead', 'GET', '/configurations'],
  ['getConfiguration', 'RegistryRead', 'GET', '/configurations/:configurationId'],
  ['putConfiguration', 'RegistryWrite', 'PUT', '/configurations/:configurationId'],
  ['deleteConfiguration', 'RegistryWrite', 'DELETE', '/configurations/:configurationId'],
  ['createJob', 'RegistryWrite', 'POST', '/jobs/create'],
  ['listJobs', 'RegistryRead', 'GET', '/jobs'],
  ['getJob', 'RegistryRead', 'GET', '/jobs/:jobId'],
  ['cancelJob', 'RegistryWrite', 'DELETE', '/jobs/:jobId'],
  ['putScheduledJob', 'ServiceConnect', 'PUT', '/jobs/v2/:jobId'],
  ['queryScheduledJobs', 'ServiceConnect', 'GET', '/jobs/v2/query'],
  ['getScheduledJob', 'ServiceConnect', 'GET', '/jobs/v2/:jobId'],
  ['cancelScheduledJob', 'ServiceConnect', 'POST', '/jobs/v2/:jobId/cancel'],
  ['getDigitalTwin', 'ServiceConnect', 'GET', '/digitaltwins/:deviceId'],
  ['patchDigitalTwin', 'ServiceConnect', 'PATCH', '/digitaltwins/:deviceId'],
  ['invokeCommand', 'ServiceConnect', 'POST', '/digitaltwins/:deviceId/commands/:commandName'],
  [
    'invokeComponentCommand',
    'ServiceConnect',
    'POST',
    '/digitaltwins/:deviceId/components/:componentPath/commands/:commandName',
  ],
  ['testConfigurationQueries', 'RegistryRead', 'POST', '/configurations/testQueries'],
  ['receiveFileNotification', 'ServiceConnect', 'GET', '/messages/serviceBound/filenotifications'],
  ['createFileUpload', 'device', 'POST', '/devices/:deviceId/files'],
  ['completeFileUpload', 'device', 'POST', '/devices/:deviceId/files/notifications'],
  ['sendModuleMessage', 'device', 'POST', '/devices/:deviceId/modules/:moduleId/messages/events'],
];

export const missingHubOperations = notImplemented(
  rows.map(([name, caller, method, path]) => ({ name, caller, route: { method, path } })),
);

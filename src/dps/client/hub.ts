/** The IoT hub that a device was assigned to: as the device sees it, and as its operator does. */
export { connectToHub, type HubConnection, type HubConnectionOptions } from './hub-connection.js';
export { HubService } from './hub-service.js';

/** The names of the operations that a rule can match: those of the routes, and those of MQTT and AMQP. */
import { routes } from '../../dps/contract/routes.js';

type Names<Table> = { [Plane in keyof Table]: keyof Table[Plane] }[keyof Table] & string;

/** Over MQTT and AMQP: a connection, a device's requests, and messages to a device. */
const ofDeviceProtocols = [
  'connect',
  'getRegistrationState',
  'getTwin',
  'patchReported',
  'subscribeDesired',
  'unsubscribeDesired',
  'desiredChanged',
  'callMethod',
  'answerMethod',
  'putToken',
] as const;

type OperationName = Names<typeof routes> | (typeof ofDeviceProtocols)[number];

export const operationNames = [
  ...new Set([
    ...Object.values(routes).flatMap((plane) => Object.keys(plane) as Names<typeof routes>[]),
    ...ofDeviceProtocols,
  ]),
].sort() as [OperationName, ...OperationName[]];

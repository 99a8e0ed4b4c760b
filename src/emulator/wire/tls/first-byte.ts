/**
 * MQTT and AMQP on one port. DPS names a hub once, with one port, whatever protocol a device speaks: where that is not
 * Azure's port, clients of both protocols dial it.
 */
import type { TLSSocket } from 'node:tls';

/** OASIS, AMQP 1.0 part 2 section 2.2: a connection begins with "AMQP". No first packet of MQTT does. */
const amqpFirstByte = 'A'.charCodeAt(0);

type Accept = (socket: TLSSocket) => void;

/** @param timeout milliseconds for the first byte; a client that sends nothing is disconnected */
export function acceptByFirstByte(protocols: { mqtt: Accept; amqp: Accept }, timeout: number): Accept {
  return (socket) => {
    const destroy = () => socket.destroy();
    const timer = setTimeout(destroy, timeout);
    const stopTimer = () => clearTimeout(timer);
    socket.on('error', destroy);
    socket.once('close', stopTimer);
    socket.once('data', (bytes: Buffer) => {
      stopTimer();
      socket.off('close', stopTimer);
      socket.pause();
      socket.unshift(bytes);
      protocols[bytes[0] === amqpFirstByte ? 'amqp' : 'mqtt'](socket);
      socket.off('error', destroy);
    });
  };
}

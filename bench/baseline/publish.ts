/** The bare limit: uWebSockets.js publishes what a client sent to everybody else, unread. */
import { App, us_socket_local_port as portOf } from 'uWebSockets.js';

App()
  .ws('/*', {
    maxBackpressure: 16 * 1024 * 1024,
    open: (socket) => void socket.subscribe('all'),
    message: (socket, bytes) => void socket.publish('all', bytes),
  })
  .listen('127.0.0.1', 0, (listening) => {
    if (!listening) throw new Error('no port');
    process.stdout.write(`listening ${portOf(listening)}\n`);
  });

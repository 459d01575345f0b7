import 'reflect-metadata';
import { startServer } from '#app/composition/server.ts';
import { untilStopped } from '#app/composition/signals.ts';
import { readConfig } from '#app/infrastructure/config/read-config.ts';
import { Registrations } from '#app/infrastructure/redis/registrations.ts';
import { Gateway } from '#app/interfaces/ws/gateway.ts';
import { BreakingBackplane } from './kill-point-backplane.ts';
import { shiftClock } from './kill-point-clock.ts';
import { breakAtDatabase } from './kill-point-driver.ts';
import { Breaker, type NodeOrder } from './kill-point-orders.ts';

// The test build: the server that `main.ts` starts, that can be told to break at a named point, or with a clock of its own.

const breaker = new Breaker();
const { CLOCK = '0', ...settings } = process.env;
const clock = CLOCK === '0' ? undefined : shiftClock(CLOCK);
process.on('message', (told: NodeOrder) => {
  if ('stepMs' in told) clock?.step(told.stepMs);
  else breaker.obey(told);
});
process.channel?.unref(); // it must not keep a node alive that has drained

breakAtDatabase(breaker);

const { beat } = Registrations.prototype;
Registrations.prototype.beat = async function (registration, how) {
  if (how === 'renew') breaker.reach('lease.before_renew');
  return beat.call(this, registration, how);
};

const { drain } = Gateway.prototype;
let oneLeft = () => {};
Gateway.prototype.drain = function (ms, after) {
  const half = this.size / 2;
  const broken = new Promise<never>((_resolve, reject) => {
    oneLeft = () => {
      try {
        if (this.size <= half) breaker.reach('drain.half');
      } catch (error) {
        reject(error as Error); // it throws nothing else
      }
    };
  });
  return Promise.race([drain.call(this, ms, after), broken]);
};

const server = await startServer(readConfig(settings), '0.0.0-test', {
  backplane: (own) => new BreakingBackplane(own, breaker),
  listen: (events) => events.on('connection.closed', () => oneLeft()),
});
process.stderr.write(`Tertulia is listening on ${server.port}\n`);
const code = await untilStopped(server).then(
  () => 0,
  () => 1,
);
process.exit(code);

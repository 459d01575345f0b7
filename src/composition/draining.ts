import { setTimeout as pause } from 'node:timers/promises';
import type { Availability } from '#app/application/availability.ts';
import type { SendingOn } from '#app/application/connection/sending-on.ts';
import type { Transport } from '#app/application/ports/transport.ts';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import type { Gateway } from '#app/interfaces/ws/gateway.ts';

export interface DrainParts {
  readonly availability: Availability;
  readonly transport: Transport;
  readonly gateway: Gateway;
}

/**
 * Nobody is sent here any more, then nobody is let in, then those who are here leave one after another while what is
 * under way ends. Resolves when nobody is left.
 */
export const drain = async (
  { drainMs, drainNoticeMs }: Pick<Config, 'drainMs' | 'drainNoticeMs'>,
  { availability, transport, gateway }: DrainParts,
): Promise<void> => {
  const { watched } = availability;
  availability.drain();
  // Until balancers have noticed they send newcomers, who must not be refused.
  if (watched) await pause(drainNoticeMs);
  transport.stopListening();
  await Promise.all([gateway.drain(drainMs, (ms) => pause(ms)), transport.finish(drainMs)]);
};

/** Looks whether the database answers, one look at a time. */
export const lookout = (
  answers: () => Promise<boolean>,
  availability: Availability,
  sendingOn: SendingOn,
): (() => void) => {
  let looking = false;
  return () => {
    if (looking) return;
    looking = true;
    void answers().then((answered) => {
      looking = false;
      availability.database(answered);
      sendingOn.looked(answered);
    });
  };
};

import type { Clock } from '#app/application/ports/clock.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { Session } from './session.ts';

export interface DepartureParts {
  readonly clock: Clock;
  readonly events: EventBus;
  /** Closes it, as soon as nothing of it is under way. */
  readonly end: (session: Session) => void;
  /** Nobody is left. */
  readonly empty: () => boolean;
  readonly after: (ms: number) => Promise<void>;
  /** Nobody else is told; who was told goes, for they are on their way. */
  readonly calledOff?: AbortSignal | undefined;
}

/** A drain of few sockets is over soon; of many it takes its time, for they all come to other nodes. */
const MS_PER_LEAVING_SOCKET = 4;
/** Between word and end: enough to open another connection and to authenticate there. */
const NOTICE_MS = 1_000;
const LAST_GRACE_MS = 2_500;
const STEP_MS = 10;
/** Of its rate: how fast a node that was too busy for its slots makes up for them. */
const CATCHING_UP = 1.5;
/** A busy node's steps take longer, and each makes up for its own length; what stood still for longer makes no wave. */
const LONGEST_STEP_MS = 100;

/**
 * Everybody leaves, each in a slot of their own: they are told in their slot, so that also who goes at the word does not
 * come to the next node with all the others, and closed a second later. Resolves when nobody is left, at the latest after
 * `ms` and a grace of some seconds for each close; when it was called off, once all are closed who were told.
 */
export const departure = async (sessions: readonly Session[], ms: number, parts: DepartureParts): Promise<void> => {
  const notice = Math.min(NOTICE_MS, ms / 2);
  const spread = Math.min(ms - notice, sessions.length * MS_PER_LEAVING_SOCKET);
  const began = parts.clock.monotonic();
  const passed = () => parts.clock.monotonic() - began;
  const mostPerMs = (CATCHING_UP * sessions.length) / spread;
  const slots = sessions.map((session, index) => ({ session, at: (spread * index) / sessions.length }));
  let [told, allowed, ended, stepped] = [0, 0, 0, 0];
  for (;;) {
    const stepMs = Math.min(Math.max(STEP_MS, passed() - stepped), LONGEST_STEP_MS);
    stepped = passed();
    if (parts.calledOff?.aborted) slots.length = told;
    allowed = Math.min(allowed, told + 1) + mostPerMs * stepMs;
    const upTo = Math.min(slots.length, Math.floor(allowed));
    for (; told < upTo && slots[told]!.at <= passed(); told++) tell(slots[told]!.session, notice, parts); // below its length
    for (; ended < told && slots[ended]!.at + notice <= passed(); ended++) leave(slots[ended]!.session, parts); // below told
    if (parts.empty() || (parts.calledOff?.aborted && ended === told) || passed() > spread + notice + LAST_GRACE_MS)
      return;
    await parts.after(STEP_MS);
  }
};

const tell = (session: Session, notice: number, { clock, events }: DepartureParts): void => {
  const changed = session.connection.move('draining', clock.now());
  if (changed) events.publish(changed);
  session.send(session.codec.encode({ type: 'goaway', data: { afterMs: Math.round(notice) } }));
};

const leave = (session: Session, { end }: DepartureParts): void => {
  session.leaving = true;
  end(session);
};

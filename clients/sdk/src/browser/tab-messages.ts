import { count, isRecord, text } from '../link/guards.ts';
import type { Status, Stop } from '../link/link.ts';
import type { ServerEvent, Welcome } from '../protocol.ts';

/** Tabs of builds that speak otherwise do not meet: it is part of the channel's name. */
export const TABS_VERSION = 1;

/** What a tab asks of whoever leads. */
export type Ask =
  /** How do things stand? Asked by who comes, and by who has heard nothing for a while. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'wish'; readonly wish: 'start' | 'retry' }
  | {
      readonly kind: 'call';
      /** Of the asker, who is a tab in one of its lives. */
      readonly from: string;
      readonly id: number;
      /** What it is asked of; another connection may not answer it. */
      readonly term: number;
      readonly connection: number;
      readonly type: string;
      readonly data: unknown;
    };

/** How the leader's connection stands. */
export interface Standing {
  readonly status: Status;
  /** Counts connections; `welcome` is that of the last one, absent while there is none. */
  readonly connection: number;
  readonly welcome?: Welcome;
  readonly stopped?: Stop;
}

export type Answer =
  | { readonly ok: true; readonly data: unknown }
  /** A refusal as on the wire. */
  | { readonly ok: false; readonly error: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly lost: true };

/** What the leader tells everybody. `term` grows from leader to leader; `n` counts what was told in it, so that nothing is missed unnoticed. */
export type Told = { readonly term: number; readonly n: number } & (
  | { readonly kind: 'standing'; readonly standing: Standing }
  | { readonly kind: 'event'; readonly event: ServerEvent }
  | { readonly kind: 'answer'; readonly to: string; readonly id: number; readonly answer: Answer }
  /** It leads no more. */
  | { readonly kind: 'gone' }
);

export type TabMessage = Ask | Told;

const name = text(64);
const statuses: readonly unknown[] = ['online', 'connecting', 'offline'] satisfies readonly Status[];

/** Undefined for what is no message of this version. What is inside was checked by the leader's link, of the same build. */
export const readTabMessage = (data: unknown): TabMessage | undefined =>
  isRecord(data) && kindOf(data)?.(data) ? (data as unknown as TabMessage) : undefined;

const kindOf = ({ kind }: Readonly<Record<string, unknown>>) =>
  typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;

const isTold = ({ term, n }: Readonly<Record<string, unknown>>): boolean => count(term) && count(n);

const kinds: Readonly<Record<string, (message: Readonly<Record<string, unknown>>) => boolean>> = {
  hello: () => true,
  wish: ({ wish }) => wish === 'start' || wish === 'retry',
  call: ({ from, id, term, connection, type }) =>
    name(from) && count(id) && count(term) && count(connection) && name(type),
  standing: (message) => isTold(message) && isStanding(message['standing']),
  event: (message) => isTold(message) && isRecord(message['event']) && name(message['event']['type']),
  answer: (message) => isTold(message) && name(message['to']) && count(message['id']) && isAnswer(message['answer']),
  gone: isTold,
};

const isStanding = (value: unknown): boolean =>
  isRecord(value) &&
  statuses.includes(value['status']) &&
  count(value['connection']) &&
  (value['welcome'] === undefined || isRecord(value['welcome'])) &&
  (value['stopped'] === undefined || isRecord(value['stopped']));

const isAnswer = (value: unknown): boolean =>
  isRecord(value) &&
  (value['ok'] === true || (value['ok'] === false && (value['lost'] === true || isRecord(value['error']))));

import { Client } from 'pg';
import type { Breaker } from './kill-point-orders.ts';

type Query = (...args: unknown[]) => unknown;

/** Connections within a transaction that has changed who is a member. */
const changesMembers = new WeakSet<Client>();

/**
 * Wraps what all adapters of PostgreSQL stand on, the driver's `query`: the points around a batch lie between two of its calls
 * inside one method of the log, where no port is.
 */
export const breakAtDatabase = (breaker: Breaker): void => {
  const own = Client.prototype.query as Query;
  const query = function (this: Client, ...args: unknown[]): unknown {
    const ask = () => own.apply(this, args) as Promise<unknown>;
    const text = textOf(args[0]);
    if (/\bappend_messages?\(/.test(text)) return append(this, ask, breaker);
    if (/^(insert into|update) "participants".*_rev"/.test(text)) changesMembers.add(this);
    if (/^(begin|start)/i.test(text)) changesMembers.delete(this);
    return /^commit/i.test(text) && changesMembers.has(this) ? commit(this, ask, breaker) : ask();
  };
  Client.prototype.query = query as typeof Client.prototype.query; // same arguments, same answers
};

const append = async (client: Client, ask: () => Promise<unknown>, breaker: Breaker): Promise<unknown> => {
  breaker.reach('batch.before_lock');
  const asked = ask();
  orCut(client, () => breaker.reach('batch.sent'));
  const answer = await asked;
  orCut(client, () => breaker.reach('after_commit_before_ack'), true);
  return answer;
};

const commit = async (client: Client, ask: () => Promise<unknown>, breaker: Breaker): Promise<unknown> => {
  const answer = await ask();
  changesMembers.delete(client);
  orCut(client, () => breaker.reach('membership.after_commit_before_move'), true);
  return answer;
};

/** An error there is one of the connection: nothing else can go wrong between a statement and its answer. */
const orCut = (client: Client, reach: () => void, answered = false): void => {
  try {
    reach();
  } catch (error) {
    client.connection.stream.destroy();
    if (answered) throw error; // else the statement that is on its way fails by it
  }
};

const textOf = (query: unknown): string => {
  if (typeof query === 'string') return query;
  const { text } = query as { readonly text?: unknown };
  return typeof text === 'string' ? text : '';
};

import type { Client, ClientEvents, ClientOptions, Incoming } from './client.ts';
import { deferred } from './deferred.ts';
import { newDirectory } from './directory.ts';
import type { ProfileRow } from './generated/catalogue.ts';
import { Lost } from './link/failures.ts';
import type { Link } from './link/link.ts';
import { realSurroundings } from './link/surroundings.ts';
import { newWebSocketLink } from './link/web-socket-link.ts';
import { newChanges, newListeners } from './listeners.ts';
import { memoryOutbox } from './outbox/memory-outbox.ts';
import { newOutbox } from './outbox/outbox.ts';
import { type Machine, newQuestions } from './questions.ts';
import { report } from './report.ts';
import { newReports } from './reports.ts';
import { newCatchUp } from './store/catch-up.ts';
import { newLiveConversations } from './store/live-conversations.ts';
import { newNewMessages } from './store/new-messages.ts';
import { newStore } from './store/store.ts';
import { newStream, type Stream } from './stream.ts';

/** Messages that wait to be taken by one iteration. */
const MOST_BUFFERED = 10_000;

type Hears<T extends keyof ClientEvents> = (event: ClientEvents[T]) => void;

/**
 * Puts the parts together and passes on to each what concerns it. They are closures, not classes: a minifier shortens what is
 * local and leaves what hangs on `this`, a tenth of the whole.
 */
export const newLiveClient = (
  { url, auth, device, outbox: storage = memoryOutbox(), link: linkOver = (makeOwn) => makeOwn() }: ClientOptions,
  machine: Machine = realSurroundings,
): Client => {
  const changes = newChanges();
  const listeners = {
    message: newListeners<Hears<'message'>>(),
    resent: newListeners<Hears<'resent'>>(),
    event: newListeners<Hears<'event'>>(),
    connected: newListeners<Hears<'connected'>>(),
  };
  const streams = new Set<Stream<Incoming>>();
  let ready = deferred();
  let userId: string | undefined;
  /** Of the latest profile that is known. */
  let profileUrev = 0;
  let stopped: Client['stopped'];
  let closed = false;
  let unwatch: (() => void) | undefined;

  const me = () => userId ?? '';
  const link: Link = linkOver(() => newWebSocketLink({ url, auth, device }));
  const questions = newQuestions(link, machine);
  const reports = newReports(link, machine);
  const users = newDirectory(link, questions);
  const cursor = (id: string) => store.all.get(id)?.gate.cursor;
  const outbox = newOutbox(link, storage, machine, {
    cursor,
    changed: (id) => {
      conversations.get(id)?.changed();
      changes.tell();
    },
    resent: (conversationId, message) => listeners.resent.tell((hear) => hear({ conversationId, message })),
  });
  const conversations = newLiveConversations({
    ...{ me, link, questions, outbox, reports },
    line: (line) => store.line(line),
  });
  const news = newNewMessages(me, questions, (id) => store.all.get(id), {
    listens: () => listeners.message.size > 0,
    hear: (id, row) => {
      const conversation = conversations.get(id);
      if (!conversation) return;
      const incoming = { conversation, message: conversation.viewOf(row) };
      listeners.message.tell((hear) => hear(incoming));
    },
  });

  const profile = (anew: Omit<ProfileRow, 'id'> & { readonly urev: number }): void => {
    if (anew.urev < profileUrev) return;
    profileUrev = anew.urev;
    users.setMe({ ...anew, id: me() });
    changes.tell();
  };

  const store = newStore(me, () => catchUp, {
    profile,
    held: (id, held, line) => {
      conversations.held(id, held);
      news.held(id, held, line);
      outbox.applied(id, line.rev);
      if (line.membership.unread.count > 0) reports.delivered(id, line.seq);
    },
    changed: (id) => {
      outbox.applied(id, cursor(id) ?? 0);
      conversations.get(id)?.changed();
    },
    message: (id, row) => {
      news.message(id, row);
      if (row.senderId === userId) outbox.seen(row);
      else reports.delivered(id, row.seq);
    },
    members: (id) => conversations.get(id)?.receiptsChanged(),
    gone: (id) => {
      conversations.gone(id);
      news.gone(id);
      reports.forget(id);
    },
    begin: () => {
      profileUrev = 0;
      reports.clear();
      outbox.begin();
    },
  });
  const catchUp = newCatchUp(link, machine, questions, store, {
    page: () => ready.resolve(),
    listed: () => conversations.listed(store.all),
    caughtUp: () => {
      news.begin();
      conversations.caughtUp();
      reports.ready();
      outbox.ready();
    },
  });

  const readOutbox = (): void => {
    if (userId !== undefined) outbox.read(userId).catch(report);
  };

  const pause = (): void => {
    outbox.pause();
    reports.pause();
  };

  /** It has not stopped any more. Who waits for `ready` from here on waits for a list that is read anew. */
  const again = (): void => {
    if (stopped && !store.loaded) ready = deferred();
    stopped = undefined;
  };

  const fetchMe = async (): Promise<void> => {
    try {
      profile(await questions.ask('user.me', {}));
    } catch (error) {
      if (!(error instanceof Lost)) report(error);
    }
  };

  link.listen({
    status: (status) => {
      // another tab may have started it
      if (status !== 'offline') again();
      changes.tell();
    },
    opened: (welcome) => {
      // the first connection says who one is
      if (userId !== welcome.userId) {
        userId = welcome.userId;
        unwatch?.();
        unwatch = storage.watch?.(userId, readOutbox);
        readOutbox();
      }
      pause();
      catchUp.opened(welcome);
      questions.opened();
      users.opened();
      void fetchMe();
      listeners.connected.tell((hear) => hear(welcome));
    },
    lost: () => {
      pause();
      outbox.lost();
      catchUp.lost();
    },
    event: (event) => {
      store.event(event);
      // whether or not its turn has come
      if (event.type === 'message.deleted') outbox.deleted(event.data.message.id);
      listeners.event.tell((hear) => hear(event));
    },
    leads: (leads) => {
      if (!leads) return;
      readOutbox();
      outbox.leads();
    },
    stopped: (stop) => {
      stopped = stop;
      ready.reject(new Lost(`the client has stopped: ${stop.reason}`));
      changes.tell();
    },
  });

  const client: Client = {
    conversations,
    users,
    get status() {
      return link.status;
    },
    get stopped() {
      return stopped;
    },
    get me() {
      return users.me;
    },
    get userId() {
      return userId;
    },
    get welcome() {
      return link.welcome;
    },
    get pending() {
      return outbox.pending;
    },
    get ready() {
      return ready.promise;
    },
    subscribe: changes.subscribe,
    retry: () => link.retry(),
    call: (type, data) => link.call(type, data),
    on: (type, listener) => listeners[type].add(listener as Hears<keyof ClientEvents>),
    start: () => {
      if (closed) return;
      again();
      link.start();
    },
    messages: () => {
      const stream: Stream<Incoming> = newStream(MOST_BUFFERED, () => {
        leave();
        streams.delete(stream);
      });
      const leave = client.on('message', stream.push);
      streams.add(stream);
      if (closed) stream.end();
      return stream;
    },
    close: () => {
      if (closed) return;
      closed = true;
      link.close();
      catchUp.lost();
      questions.close();
      outbox.close();
      reports.close();
      unwatch?.();
      ready.reject(new Lost('the client is closed'));
      for (const stream of [...streams]) stream.end();
      storage.close().catch(report);
    },
  };
  return client;
};

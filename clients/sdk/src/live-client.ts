import type { Client, ClientEvents, ClientOptions, Incoming } from './client.ts';
import { Directory } from './directory.ts';
import { Emitter } from './emitter.ts';
import type { ListedRow, MessageRow, ProfileRow } from './generated/catalogue.ts';
import { Lost } from './link/failures.ts';
import type { Link, Status, Stop } from './link/link.ts';
import { realSurroundings } from './link/surroundings.ts';
import { WebSocketLink } from './link/web-socket-link.ts';
import { memoryOutbox } from './outbox/memory-outbox.ts';
import { Outbox } from './outbox/outbox.ts';
import type { OutboxStorage } from './outbox/outbox-storage.ts';
import { withResolvers } from './outbox/sent.ts';
import type { CommandType, InputOf, OutputOf, ServerEvent, Welcome } from './protocol.ts';
import { type Machine, Questions } from './questions.ts';
import { Reports } from './reports.ts';
import { CatchUp } from './store/catch-up.ts';
import { Changes } from './store/changes.ts';
import type { Held } from './store/held.ts';
import type { Desk } from './store/live-conversation.ts';
import { LiveConversations } from './store/live-conversations.ts';
import { NewMessages } from './store/new-messages.ts';
import { type Keeper, Store } from './store/store.ts';
import { Stream } from './stream.ts';
import type { UserView } from './views.ts';

/** Messages that wait to be taken by one iteration. */
const MOST_BUFFERED = 10_000;

/** Puts the parts together and passes on to each what concerns it. */
export class LiveClient implements Client {
  readonly conversations: LiveConversations;
  readonly users: Directory;
  readonly #link: Link;
  readonly #storage: OutboxStorage;
  readonly #questions: Questions;
  readonly #outbox: Outbox;
  readonly #reports: Reports;
  readonly #store: Store;
  readonly #catchUp: CatchUp;
  readonly #news: NewMessages;
  readonly #events = new Emitter<ClientEvents>();
  readonly #streams = new Set<Stream<Incoming>>();
  readonly #changes = new Changes();
  #ready = readiness();
  #userId: string | undefined;
  /** Of the latest profile that is known. */
  #profileUrev = 0;
  #stopped: Stop | undefined;
  #closed = false;
  #unwatch: (() => void) | undefined;

  constructor(
    { url, auth, device, outbox = memoryOutbox(), link = (makeOwn) => makeOwn() }: ClientOptions,
    machine: Machine = realSurroundings,
  ) {
    this.#link = link(() => new WebSocketLink({ url, auth, device }));
    this.#storage = outbox;
    this.#questions = new Questions(this.#link, machine);
    this.#reports = new Reports(this.#link, machine);
    this.#outbox = new Outbox(this.#link, outbox, machine, {
      changed: (id) => {
        this.conversations.get(id)?.changed();
        this.#changes.tell();
      },
      cursor: (id) => this.#store.all.get(id)?.gate.cursor,
    });
    const me = () => this.#userId ?? '';
    const wants = {
      line: (id: string) => this.#catchUp.line(id),
      recount: (id: string) => this.#catchUp.recount(id),
      patience: (id: string | undefined) => this.#catchUp.patience(id),
      sync: (ids: readonly string[]) => this.#catchUp.sync(ids),
    };
    this.#store = new Store(me, wants, this.#keeper());
    this.#catchUp = new CatchUp(this.#link, machine, this.#questions, this.#store, {
      page: () => this.#ready.resolve(),
      listed: () => this.conversations.listed(this.#store.all),
      caughtUp: () => this.#caughtUp(),
    });
    this.#news = new NewMessages(me, this.#questions, (id) => this.#store.all.get(id), {
      listens: () => this.#events.listens('message'),
      hear: (id, row) => this.#incoming(id, row),
    });
    this.conversations = new LiveConversations({
      link: this.#link,
      questions: this.#questions,
      desk: () => this.#desk(),
      line: (line) => this.#store.line(line),
    });
    this.users = new Directory(this.#link, this.#questions);
    this.#listen();
  }

  get status(): Status {
    return this.#link.status;
  }

  get stopped(): Stop | undefined {
    return this.#stopped;
  }

  get me(): UserView | undefined {
    return this.users.me;
  }

  get userId(): string | undefined {
    return this.#userId;
  }

  get welcome(): Welcome | undefined {
    return this.#link.welcome;
  }

  get pending(): number {
    return this.#outbox.pending;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  start(): void {
    if (this.#closed) return;
    this.#again();
    this.#link.start();
  }

  retry(): void {
    this.#link.retry();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.close();
    this.#catchUp.lost();
    this.#questions.close();
    this.#outbox.close();
    this.#reports.close();
    this.#unwatch?.();
    this.#ready.reject(new Lost('the client is closed'));
    for (const stream of [...this.#streams]) stream.end();
    this.#storage.close().catch(realSurroundings.report);
  }

  subscribe(listener: () => void): () => void {
    return this.#changes.subscribe(listener);
  }

  on<T extends keyof ClientEvents>(type: T, listener: (event: ClientEvents[T]) => void): () => void {
    return this.#events.on(type, listener);
  }

  messages(): AsyncIterableIterator<Incoming> {
    const stream: Stream<Incoming> = new Stream(MOST_BUFFERED, () => {
      leave();
      this.#streams.delete(stream);
    });
    const leave = this.on('message', (incoming) => stream.push(incoming));
    this.#streams.add(stream);
    if (this.#closed) stream.end();
    return stream;
  }

  call<T extends CommandType>(type: T, data: InputOf<T>): Promise<OutputOf<T>> {
    return this.#link.call(type, data);
  }

  #listen(): void {
    this.#link.listen({
      status: (status) => this.#turn(status),
      opened: (welcome) => this.#opened(welcome),
      lost: () => this.#lost(),
      event: (event) => this.#event(event),
      leads: (leads) => leads && this.#lead(),
      stopped: (stop) => this.#stop(stop),
    });
  }

  #turn(status: Status): void {
    // another tab may have started it
    if (status !== 'offline') this.#again();
    this.#changes.tell();
  }

  /** It has not stopped any more. Who waits for `ready` from here on waits for a list that is read anew. */
  #again(): void {
    if (this.#stopped && !this.#store.loaded) this.#ready = readiness();
    this.#stopped = undefined;
  }

  #opened(welcome: Welcome): void {
    if (this.#userId !== welcome.userId) this.#begin(welcome.userId);
    this.#outbox.pause();
    this.#reports.pause();
    this.#catchUp.opened(welcome);
    this.#questions.opened();
    this.users.opened();
    void this.#fetchMe();
    this.#events.emit('connected', welcome);
  }

  /** The first connection says who one is. */
  #begin(userId: string): void {
    this.#userId = userId;
    const read = () => void this.#outbox.read(userId).catch(realSurroundings.report);
    this.#unwatch?.();
    this.#unwatch = this.#storage.watch?.(userId, read);
    read();
  }

  #lost(): void {
    this.#outbox.pause();
    this.#reports.pause();
    this.#catchUp.lost();
  }

  #event(event: ServerEvent): void {
    this.#store.event(event);
    this.#events.emit('event', event);
  }

  #lead(): void {
    if (this.#userId !== undefined) this.#outbox.read(this.#userId).catch(realSurroundings.report);
    this.#outbox.leads();
  }

  #stop(stop: Stop): void {
    this.#stopped = stop;
    this.#ready.reject(new Lost(`the client has stopped: ${stop.reason}`));
    this.#changes.tell();
  }

  #caughtUp(): void {
    this.#news.begin();
    this.conversations.caughtUp();
    this.#reports.ready();
    this.#outbox.ready();
  }

  async #fetchMe(): Promise<void> {
    try {
      const me = await this.#questions.ask('user.me', {});
      this.#profile(me, me.urev);
    } catch (error) {
      if (!(error instanceof Lost)) realSurroundings.report(error);
    }
  }

  #profile(me: ProfileRow, urev: number): void {
    if (urev < this.#profileUrev) return;
    this.#profileUrev = urev;
    this.users.setMe(me);
    this.#changes.tell();
  }

  #incoming(id: string, message: MessageRow): void {
    const conversation = this.conversations.get(id);
    if (conversation) this.#events.emit('message', { conversation, message: conversation.viewOf(message) });
  }

  #desk(): Desk {
    return {
      me: this.#userId ?? '', // known before the first conversation is
      link: this.#link,
      questions: this.#questions,
      outbox: this.#outbox,
      reports: this.#reports,
      changed: () => this.conversations.changed(),
    };
  }

  #keeper(): Keeper {
    return {
      held: (id, held, line) => this.#held(id, held, line),
      changed: (id) => {
        const cursor = this.#store.all.get(id)?.gate.cursor;
        if (cursor !== undefined) this.#outbox.applied(id, cursor);
        this.conversations.get(id)?.changed();
      },
      message: (id, row) => this.#message(id, row),
      members: (id) => this.conversations.get(id)?.membersChanged(),
      gone: (id) => this.#gone(id),
      profile: ({ urev, ...profile }) => this.#profile({ id: this.#userId ?? '', ...profile }, urev),
      begin: () => {
        this.#profileUrev = 0;
        this.#reports.clear();
        this.#outbox.forgetAcked();
      },
    };
  }

  #held(id: string, held: Held, line: ListedRow): void {
    this.conversations.held(id, held);
    this.#news.held(id, held, line);
    this.#outbox.applied(id, line.rev);
    if (line.membership.unread.count > 0) this.#reports.delivered(id, line.seq);
  }

  #message(id: string, row: MessageRow): void {
    this.#news.message(id, row);
    if (row.senderId === this.#userId) this.#outbox.seen(row);
    else this.#reports.delivered(id, row.seq);
  }

  #gone(id: string): void {
    this.conversations.gone(id);
    this.#news.gone(id);
    this.#reports.forget(id);
  }
}

const readiness = () => {
  const ready = withResolvers<void>();
  ready.promise.catch(() => {}); // whoever waits for it hears of it
  return ready;
};

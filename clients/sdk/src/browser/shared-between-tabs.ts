import { Lost } from '../link/failures.ts';
import type { Link, LinkListener, Status, Stop } from '../link/link.ts';
import { newListeners } from '../listeners.ts';
import { realSurroundings, type Surroundings } from '../link/surroundings.ts';
import type { CommandType, InputOf, OutputOf, ServerEvent, Welcome } from '../protocol.ts';
import { Following } from './following.ts';
import { Leadership, type Locks } from './leadership.ts';
import { Leading } from './leading.ts';
import { readTabMessage, type TabMessage, TABS_VERSION } from './tab-messages.ts';

/** As much of a BroadcastChannel as is used. */
export interface Channel {
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface SharedBetweenTabsOptions {
  /** The same in all tabs that share, and different for each user: the user's id. */
  readonly name: string;
  /** A link with a socket of its own, for when this tab leads. Not started yet. */
  makeOwn(): Link;
  /** What the browser has; tests hand in their own. */
  readonly tabs?: { readonly locks: Locks; openChannel(name: string): Channel } | undefined;
  readonly surroundings?: Pick<Surroundings, 'after' | 'wall' | 'random' | 'report'>;
}

/**
 * A link that shares one socket with the other tabs of this user. One tab leads: it has a Web Lock, and the socket; the
 * others speak to the server through it. When it closes or crashes the browser gives the lock to the next one. When it
 * does not answer for 5 s (a frozen page), another one takes the lock from it, and it follows once it wakes; a leader
 * that is merely in the background answers, since messages are not throttled as timers are. Either way the others see
 * `lost` and then `opened`.
 *
 * Without Web Locks or BroadcastChannel (an insecure origin, an old browser) each tab has its own socket.
 */
export const sharedBetweenTabs = (options: SharedBetweenTabsOptions): Link => {
  const tabs = 'tabs' in options ? options.tabs : ofThisBrowser();
  return tabs ? new SharedLink(options, tabs) : options.makeOwn();
};

const ofThisBrowser = () => {
  const { navigator, BroadcastChannel: Channel } = globalThis;
  // Absent on insecure origins, whatever the types say.
  const locks = navigator?.locks as LockManager | undefined;
  return locks && Channel ? { locks, openChannel: (name: string) => new Channel(name) } : undefined;
};

type Tabs = NonNullable<SharedBetweenTabsOptions['tabs']>;

class SharedLink implements Link {
  readonly #name: string;
  readonly #leadership: Leadership;
  readonly #listeners = newListeners<LinkListener>((error) => this.#surroundings.report(error));
  readonly #surroundings: Pick<Surroundings, 'after' | 'wall' | 'random' | 'report'>;
  /** Passes on what is heard of the connection, whoever has it. */
  readonly #relay = {
    status: (status: Status) => this.#set(status),
    opened: (welcome: Welcome) => this.#listeners.tell((listener) => listener.opened?.(welcome)),
    lost: () => this.#listeners.tell((listener) => listener.lost?.()),
    event: (event: ServerEvent) => this.#listeners.tell((listener) => listener.event?.(event)),
    stopped: (stop: Stop) => this.#listeners.tell((listener) => listener.stopped?.(stop)),
  };
  #channel: Channel | undefined;
  #status: Status = 'offline';
  /** One of the two while it is started. */
  #following: Following | undefined;
  #leading: { readonly link: Link; readonly others: Leading; leave(): void } | undefined;
  /** The greatest that was heard of. */
  #term = 0;

  constructor(
    private readonly options: SharedBetweenTabsOptions,
    private readonly tabs: Tabs,
  ) {
    this.#name = `tertulia.tabs.${TABS_VERSION}.${options.name}`;
    this.#surroundings = options.surroundings ?? realSurroundings;
    this.#leadership = new Leadership(tabs.locks, this.#name, (leads) => (leads ? this.#lead() : this.#robbed()));
  }

  get status(): Status {
    return this.#status;
  }

  get welcome(): Welcome | undefined {
    return this.#leading ? this.#leading.link.welcome : this.#following?.welcome;
  }

  get leads(): boolean {
    return this.#leading !== undefined;
  }

  start(): void {
    if (this.#leading) return this.#leading.link.start();
    if (this.#following) return this.#post({ kind: 'wish', wish: 'start' });
    this.#channel = this.tabs.openChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#hear(readTabMessage(data));
    this.#set('connecting');
    this.#follow();
    this.#leadership.contend();
  }

  retry(): void {
    if (this.#leading) this.#leading.link.retry();
    else if (this.#following) this.#post({ kind: 'wish', wish: 'retry' });
  }

  close(): void {
    if (!this.#channel) return;
    const led = this.leads;
    this.#stopFollowing();
    this.#stopLeading();
    this.#leadership.leave();
    this.#channel.close();
    this.#channel = undefined;
    if (led) this.#listeners.tell((listener) => listener.leads?.(false));
    this.#set('offline');
    this.#relay.stopped({ reason: 'closed' });
  }

  call<T extends CommandType>(type: T, data: InputOf<T>): Promise<OutputOf<T>> {
    if (this.#leading) return this.#leading.link.call(type, data);
    if (!this.#following) return Promise.reject(new Lost('it is closed'));
    // The leader's link has checked it.
    return this.#following.call(type, data) as Promise<OutputOf<T>>;
  }

  listen(listener: LinkListener): () => void {
    return this.#listeners.add(listener);
  }

  #lead(): void {
    this.#stopFollowing();
    this.#set('connecting');
    const link = this.options.makeOwn();
    // The others hear first: what a listener here does about it must not overtake.
    const others = new Leading(link, this.#nextTerm(), (message) => this.#post(message), this.#surroundings);
    const leave = link.listen(this.#relay);
    this.#leading = { link, others, leave };
    this.#listeners.tell((listener) => listener.leads?.(true));
    if (this.#leading?.link !== link) return; // a listener has closed this on hearing it
    link.start();
    others.tellStanding();
  }

  /** Greater than those before, and not that of another who leads from the same millisecond on. */
  #nextTerm(): number {
    const { wall, random } = this.#surroundings;
    this.#term = Math.max(this.#term + 1, wall() * 1_000 + Math.floor(random() * 1_000));
    return this.#term;
  }

  /** Another tab has taken the lock, thinking that this one is frozen. */
  #robbed(): void {
    if (!this.#leading) return;
    this.#stopLeading();
    this.#listeners.tell((listener) => listener.leads?.(false));
    this.#set('connecting');
    this.#follow();
  }

  #follow(): void {
    this.#following = new Following({
      self: crypto.randomUUID(),
      surroundings: this.#surroundings,
      ask: (ask) => this.#post(ask),
      tell: this.#relay,
      deserted: () => this.#leadership.seize(),
    });
  }

  #stopFollowing(): void {
    const following = this.#following;
    this.#following = undefined;
    this.#term = Math.max(this.#term, following?.term ?? 0);
    following?.end();
  }

  #stopLeading(): void {
    const leading = this.#leading;
    if (!leading) return;
    this.#leading = undefined;
    const connected = leading.link.welcome !== undefined;
    leading.others.end();
    leading.leave();
    leading.link.close();
    if (connected) this.#relay.lost();
  }

  #hear(message: TabMessage | undefined): void {
    if (!message) return;
    const isAsk = !('term' in message && 'n' in message);
    if (isAsk) return this.#leading?.others.hear(message as Exclude<TabMessage, { n: number }>);
    this.#following?.hear(message);
  }

  #post(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }

  #set(status: Status): void {
    // A listener may have closed it in the middle of news.
    if (status === this.#status || (!this.#channel && status !== 'offline')) return;
    this.#status = status;
    this.#listeners.tell((listener) => listener.status?.(status));
  }
}

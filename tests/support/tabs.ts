import type { Link, LinkListener, Status, Stop } from '../../clients/sdk/src/link/link.ts';
import type { CommandType, InputOf, OutputOf, ServerEvent, Welcome } from '../../clients/sdk/src/protocol.ts';
import { ManualTimers, settle } from './manual-timers.ts';

interface LockRequest {
  readonly tab: TestTab;
  readonly work: () => Promise<void>;
  readonly end: (error?: Error) => void;
  granted: boolean;
}
type Open = { tab: TestTab; hear: (data: unknown) => void };

/** The locks and channels of one browser; its tabs can freeze and crash. */
export class TestTabs {
  readonly timers = new ManualTimers();
  now = 1_000_000;
  #seed = 1;
  readonly reported: unknown[] = [];
  readonly channels = new Map<string, Set<Open>>();
  readonly locks = new Map<string, LockRequest[]>();
  /** Messages that vanish on their way. */
  drop: (message: unknown) => boolean = () => false;

  open(): TestTab {
    return new TestTab(this);
  }

  /** The same numbers in each run. */
  random(): number {
    this.#seed = (this.#seed * 16_807) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 10; i++) {
      this.now += 100;
      await this.timers.pass(100);
      await settle();
    }
  }

  post(name: string, from: Open, message: unknown): void {
    const copy = structuredClone(message);
    if (this.drop(copy)) return;
    for (const to of this.channels.get(name) ?? []) if (to !== from) to.tab.soon(() => to.hear(structuredClone(copy)));
  }

  grant(name: string): void {
    const [first] = this.locks.get(name) ?? [];
    if (!first || first.granted) return;
    first.granted = true;
    first.tab.soon(
      () =>
        void first.work().then(
          () => this.release(name, first),
          (error: Error) => this.release(name, first, error),
        ),
    );
  }

  release(name: string, request: LockRequest, error?: Error): void {
    const line = this.locks.get(name) ?? [];
    if (!line.includes(request)) return;
    this.locks.set(
      name,
      line.filter((other) => other !== request),
    );
    request.tab.soon(() => request.end(error));
    this.grant(name);
  }

  holders(): number {
    return [...this.locks.values()].flat().filter(({ granted }) => granted).length;
  }
}

export class TestTab {
  #frozen: (() => void)[] | undefined;
  #crashed = false;
  /** A page in the background whose timers rest, and which hears all the same. */
  throttled = false;

  constructor(private readonly all: TestTabs) {}

  readonly locks = {
    request: (
      name: string,
      { signal, steal = false }: { readonly signal?: AbortSignal; readonly steal?: boolean },
      work: () => Promise<void>,
    ): Promise<void> =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => (error ? reject(error) : resolve());
        const request: LockRequest = { tab: this, work, end, granted: false };
        const line = this.all.locks.get(name) ?? [];
        this.all.locks.set(name, steal ? [request, ...line] : [...line, request]);
        const aborted = new DOMException('aborted', 'AbortError');
        if (steal) for (const held of line.filter(({ granted }) => granted)) this.all.release(name, held, aborted);
        signal?.addEventListener('abort', () => !request.granted && this.all.release(name, request, aborted));
        this.all.grant(name);
      }),
  };

  readonly openChannel = (name: string) => {
    const { all } = this;
    const open: Open = { tab: this, hear: (data) => channel.onmessage?.({ data } as MessageEvent) };
    const channel = {
      onmessage: null as ((event: MessageEvent) => void) | null,
      postMessage: (message: unknown) => void (this.#crashed || all.post(name, open, message)),
      close: () => void all.channels.get(name)?.delete(open),
    };
    all.channels.set(name, (all.channels.get(name) ?? new Set()).add(open));
    return channel;
  };

  readonly surroundings = {
    after: (ms: number, work: () => void) => this.all.timers.after(ms, () => this.throttled || this.soon(work)),
    wall: () => this.all.now,
    random: () => this.all.random(),
    report: (error: unknown) => void this.all.reported.push(error),
  };

  /** When it is awake; never once it has crashed. */
  soon(work: () => void): void {
    if (this.#crashed) return;
    if (this.#frozen) this.#frozen.push(work);
    else queueMicrotask(() => this.#crashed || (this.#frozen ? this.#frozen.push(work) : work()));
  }

  freeze(): void {
    this.#frozen = [];
  }

  wake(): void {
    const missed = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const work of missed) this.soon(work);
  }

  crash(): void {
    this.#crashed = true;
    for (const open of this.all.channels.values()) for (const one of open) if (one.tab === this) open.delete(one);
    for (const [name, line] of this.all.locks)
      for (const request of line.filter(({ tab }) => tab === this)) this.all.release(name, request);
  }
}

/** A link whose server is the test. */
export class ScriptedLink implements Link {
  status: Status = 'offline';
  welcome: Welcome | undefined;
  readonly leads = true;
  started = 0;
  retried = 0;
  closed = 0;
  readonly calls: {
    readonly type: string;
    readonly data: unknown;
    resolve(data: unknown): void;
    reject(error: Error): void;
  }[] = [];
  readonly #listeners = new Set<LinkListener>();

  start(): void {
    this.started++;
    if (this.status === 'offline') this.#become('connecting');
  }
  retry(): void {
    this.retried++;
  }
  close(): void {
    this.closed++;
    this.status = 'offline';
    this.welcome = undefined;
  }
  call<T extends CommandType>(type: T, data: InputOf<T>): Promise<OutputOf<T>> {
    return new Promise((resolve, reject) =>
      this.calls.push({ type, data, resolve: resolve as (data: unknown) => void, reject }),
    );
  }
  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  open(welcome: Partial<Welcome> = {}): void {
    this.welcome = { userId: 'ann', serverTime: 5_000, epoch: 'e', urev: 1, ...welcome } as Welcome;
    for (const one of this.#listeners) one.opened?.(this.welcome);
    this.#become('online');
  }
  lose(): void {
    this.welcome = undefined;
    for (const one of this.#listeners) one.lost?.();
    this.#become('connecting');
  }
  stop(stop: Stop): void {
    this.welcome = undefined;
    for (const one of this.#listeners) one.lost?.();
    this.#become('offline');
    for (const one of this.#listeners) one.stopped?.(stop);
  }
  event(type: string, data: object = {}): void {
    for (const one of this.#listeners) one.event?.({ type, data } as ServerEvent);
  }

  #become(status: Status): void {
    this.status = status;
    for (const one of this.#listeners) one.status?.(status);
  }
}

/** What a link says, in its order. */
export const heardOf = (link: Link): string[] => {
  const heard: string[] = [];
  link.listen({
    status: (status) => heard.push(status),
    opened: ({ urev }) => heard.push(`opened ${urev}`),
    lost: () => heard.push('lost'),
    event: ({ type }) => heard.push(`event ${type}`),
    leads: (leads) => heard.push(leads ? 'leads' : 'follows'),
    stopped: ({ reason }) => heard.push(`stopped ${reason}`),
  });
  return heard;
};

import { Lost, Refused } from '../link/failures.ts';
import type { Link, Stop } from '../link/link.ts';
import type { Surroundings } from '../link/surroundings.ts';
import type { InputOf, ServerEvent, Welcome } from '../protocol.ts';
import type { Answer, Ask, Standing, TabMessage, Told } from './tab-messages.ts';

/** So many calls of one tab are under way at once. */
export const CALLS_PER_TAB = 64;

type Part<T> = T extends unknown ? Omit<T, 'term' | 'n'> : never;

/** The leader's side: tells the other tabs what its link hears, and calls for them. */
export class Leading {
  #n = 0;
  #connection = 0;
  #welcomedAt = 0;
  #stopped: Stop | undefined;
  /** Calls under way, by tab. */
  readonly #calls = new Map<string, number>();
  readonly #leave: () => void;
  #over = false;

  constructor(
    private readonly link: Link,
    readonly term: number,
    private readonly post: (message: TabMessage) => void,
    private readonly surroundings: Pick<Surroundings, 'wall'>,
  ) {
    const tellStanding = (): void => this.tellStanding();
    this.#leave = link.listen({
      status: (status) => {
        if (status !== 'offline') this.#stopped = undefined;
        tellStanding();
      },
      stopped: (stop) => {
        this.#stopped = stop;
        tellStanding();
      },
      lost: tellStanding,
      opened: () => {
        this.#connection++;
        this.#welcomedAt = surroundings.wall();
        tellStanding();
      },
      event: (event: ServerEvent) => this.#tell({ kind: 'event', event }),
    });
  }

  tellStanding(): void {
    this.#tell({ kind: 'standing', standing: this.#standing() });
  }

  hear(ask: Ask): void {
    if (ask.kind === 'hello') this.tellStanding();
    else if (ask.kind === 'call') void this.#call(ask);
    else if (ask.wish === 'start') this.link.start();
    else this.link.retry();
  }

  /** Says goodbye, and tells nothing more. The link is left to its owner. */
  end(): void {
    this.#tell({ kind: 'gone' });
    this.#over = true;
    this.#leave();
  }

  #tell(what: Part<Told>): void {
    if (!this.#over) this.post({ ...what, term: this.term, n: ++this.#n });
  }

  #standing(): Standing {
    const { status, welcome } = this.link;
    return {
      ...{ status, connection: this.#connection },
      ...(welcome && { welcome: this.#asOfNow(welcome) }),
      ...(this.#stopped && { stopped: this.#stopped }),
    };
  }

  /** Who joins later sets its clock by it. */
  #asOfNow(welcome: Welcome): Welcome {
    return { ...welcome, serverTime: welcome.serverTime + Math.max(0, this.surroundings.wall() - this.#welcomedAt) };
  }

  async #call({ from: to, id, term, connection, type, data }: Ask & { kind: 'call' }): Promise<void> {
    if (term !== this.term) return; // its asker hears that another leads
    const answer = connection === this.#connection ? await this.#answer(to, type, data) : lost;
    this.#tell({ kind: 'answer', to, id, answer });
  }

  async #answer(from: string, type: string, data: unknown): Promise<Answer> {
    const under = this.#calls.get(from) ?? 0;
    if (under >= CALLS_PER_TAB) return refused(new Refused('rate_limited', 'too many calls of one tab', 'in_flight'));
    this.#calls.set(from, under + 1);
    try {
      // The asker's types have said that this type takes this input.
      return { ok: true, data: await this.link.call(type as 'ping', data as InputOf<'ping'>) };
    } catch (error) {
      if (error instanceof Lost) return lost;
      return refused(error instanceof Refused ? error : new Refused('internal', String(error)));
    } finally {
      const left = this.#calls.get(from)! - 1; // it was counted above
      if (left > 0) this.#calls.set(from, left);
      else this.#calls.delete(from);
    }
  }
}

const lost = { ok: false, lost: true } as const;
const refused = ({ code, message, rule, details, retryAfterMs }: Refused): Answer => ({
  ok: false,
  error: { code, message, rule, details, retryAfterMs },
});

import { Lost, Refused } from '../link/failures.ts';
import type { LinkListener } from '../link/link.ts';
import { refusedWith } from '../link/refusals.ts';
import type { Surroundings } from '../link/surroundings.ts';
import type { Welcome } from '../protocol.ts';
import { CALLS_PER_TAB } from './leading.ts';
import type { Answer, Ask, Standing, Told } from './tab-messages.ts';

/** How often somebody asks a leader who says nothing, and how often in vain before it counts as frozen. */
const HELLO_MS = 1_000;
const HELLOS_IN_VAIN = 4;
const MAX_WAITING = 1_000;

interface Call {
  readonly type: string;
  readonly data: unknown;
  resolve(data: unknown): void;
  reject(error: Error): void;
}

interface Leader {
  readonly term: number;
  n: number;
  /** The last that was told. */
  standing: Standing;
}

interface FollowingParts {
  /** A name of this tab's life that no other has. */
  readonly self: string;
  readonly surroundings: Pick<Surroundings, 'after' | 'random'>;
  ask(ask: Ask): void;
  /** What a link would say. */
  readonly tell: Required<Pick<LinkListener, 'status' | 'opened' | 'lost' | 'event' | 'stopped'>>;
  /** Nobody has answered for long. */
  deserted(): void;
}

/** A follower's side: to its tab it looks like a link of its own, made of what the leader tells. */
export class Following {
  /** The leader that is listened to, and what was last heard of it. */
  #leader: Leader | undefined;
  /** The greatest term that was heard of; whoever leads next takes a greater one. */
  term = 0;
  readonly #asked = new Map<number, Call>();
  readonly #waiting: Call[] = [];
  #lastId = 0;
  #inVain = 0;
  #joining = false;
  #callOff = (): void => {};

  constructor(private readonly parts: FollowingParts) {
    this.#hello();
  }

  get welcome(): Welcome | undefined {
    return this.#leader?.standing.welcome;
  }

  hear(told: Told): void {
    this.term = Math.max(this.term, told.term);
    if (told.kind === 'gone') return this.#left(told.term);
    if (this.#leader && told.term < this.#leader.term) return; // it was robbed and does not know yet
    this.#inVain = 0;
    if (told.term !== this.#leader?.term || told.n !== this.#leader.n + 1) return this.#join(told);
    this.#leader.n = told.n;
    if (told.kind === 'standing') this.#stand(this.#leader, told.standing);
    else if (told.kind === 'event') this.parts.tell.event(told.event);
    else if (told.to === this.parts.self) this.#answered(told.id, told.answer);
  }

  call(type: string, data: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.welcome) return reject(new Lost('not connected'));
      const call = { type, data, resolve, reject };
      if (this.#asked.size < CALLS_PER_TAB) this.#ask(call);
      else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(call);
      else reject(new Refused('rate_limited', 'too many calls wait', 'in_flight', [], HELLO_MS));
    });
  }

  /** What is under way is rejected with Lost. Tells nothing but that the connection is gone, if there was one. */
  end(): void {
    this.#callOff();
    this.#detach();
  }

  /** The first that is heard of a leader, or something of it was missed: begins with how things stand, and asks when this doesn't say. */
  #join(told: Told): void {
    this.#detach();
    if (told.kind !== 'standing') {
      if (!this.#joining) this.parts.ask({ kind: 'hello' });
      this.#joining = true;
      return;
    }
    this.#joining = false;
    this.#leader = { term: told.term, n: told.n, standing: { status: 'connecting', connection: 0 } };
    this.#stand(this.#leader, told.standing);
  }

  #left(term: number): void {
    if (this.#leader?.term !== term) return;
    this.#detach();
    this.parts.tell.status('connecting');
  }

  #stand(leader: Leader, { status, connection, welcome, stopped }: Standing): void {
    const before = leader.standing;
    leader.standing = { status, connection, ...(welcome && { welcome }), ...(stopped && { stopped }) };
    if (before.welcome && !welcome) this.#lose();
    if (welcome && connection !== before.connection) this.parts.tell.opened(welcome);
    this.parts.tell.status(status);
    if (stopped && !before.stopped) this.parts.tell.stopped(stopped);
  }

  #detach(): void {
    const { welcome } = this;
    this.#leader = undefined;
    if (welcome) this.#lose();
  }

  #lose(): void {
    const calls = [...this.#asked.values(), ...this.#waiting];
    this.#asked.clear();
    this.#waiting.length = 0;
    for (const { reject } of calls) reject(new Lost('the connection ended'));
    this.parts.tell.lost();
  }

  #ask(call: Call): void {
    const { term, standing } = this.#leader!; // there is a welcome of it
    const { connection } = standing;
    const id = ++this.#lastId;
    this.#asked.set(id, call);
    try {
      this.parts.ask({ kind: 'call', from: this.parts.self, id, term, connection, type: call.type, data: call.data });
    } catch (error) {
      // It holds something that can't be handed to another tab.
      this.#asked.delete(id);
      call.reject(error as Error);
    }
  }

  #answered(id: number, answer: Answer): void {
    const call = this.#asked.get(id);
    this.#asked.delete(id);
    const next = this.#waiting.shift();
    if (next) this.#ask(next);
    if (answer.ok) call?.resolve(answer.data);
    else call?.reject('lost' in answer ? new Lost('the connection ended') : refusedWith(answer.error));
  }

  /** Asked without need only when nothing was heard since the last time: one tab's asking serves all. */
  #hello(): void {
    this.#joining = true;
    this.parts.ask({ kind: 'hello' });
    this.#callOff = this.parts.surroundings.after(HELLO_MS * (1 + this.parts.surroundings.random() / 4), () => {
      if (++this.#inVain <= HELLOS_IN_VAIN) return this.#hello();
      this.#inVain = 0;
      this.#detach();
      this.parts.tell.status('connecting');
      this.parts.deserted();
      this.#hello();
    });
  }
}

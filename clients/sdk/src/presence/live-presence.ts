import type { CommandType, InputOf, ServerEvent } from '../protocol.ts';
import type { Machine } from '../questions.ts';
import { newChanges } from '../listeners.ts';
import { type Asking, FEATURE_LEVEL, type Presence, type PresenceView } from './presence.ts';
import { Typists } from './typists.ts';
import { Watching } from './watching.ts';

/** Says to the server what this device shows and does, on each connection anew, and keeps what the server says of others. */
export class LivePresence implements Presence {
  readonly #changes = newChanges();
  readonly #watching: Watching;
  readonly #typists: Typists;
  readonly #leave: (() => void)[];
  #status: 'online' | 'away' = 'online';
  #looksAt: string | undefined;
  #typed: { readonly id: string; readonly at: number } | undefined;

  constructor(
    private readonly client: Asking,
    private readonly machine: Machine,
  ) {
    const changed = () => this.#changes.tell();
    this.#typists = new Typists(machine, changed);
    this.#watching = new Watching({
      ...{ machine, changed },
      most: () => (this.supported ? client.welcome?.limits.watchedUsers : undefined),
      ask: async (users) => (await client.call('presence.watch', { users })).users,
    });
    this.#leave = [client.on('connected', () => this.#connected()), client.on('event', (event) => this.#event(event))];
    if (client.welcome) this.#connected();
  }

  get supported(): boolean {
    return (this.client.welcome?.featureLevel ?? 0) >= FEATURE_LEVEL;
  }

  subscribe(listener: () => void): () => void {
    return this.#changes.subscribe(listener);
  }

  watch(userIds: readonly string[]): () => void {
    return this.#watching.show(userIds);
  }

  get(userId: string): PresenceView | undefined {
    return this.#watching.get(userId);
  }

  setStatus(status: 'online' | 'away'): void {
    this.#status = status;
    this.#say('presence.set', { status });
  }

  look(conversationId: string | undefined): void {
    if (conversationId === this.#looksAt) return;
    this.#looksAt = conversationId;
    this.#typists.turnTo(conversationId);
    this.#say('focus', { conversationId: conversationId ?? null });
  }

  typing(conversationId: string): readonly string[] {
    return this.#typists.of(conversationId);
  }

  setTyping(conversationId: string, active = true): void {
    const now = this.machine.monotonic();
    const { typingMs = 0, typingExpiresMs = 0 } = this.client.welcome?.timings ?? {};
    const since = this.#typed?.id === conversationId ? now - this.#typed.at : Infinity;
    if (active ? since < typingMs : since >= typingExpiresMs) return;
    this.#typed = active ? { id: conversationId, at: now } : undefined;
    this.#say('typing', { conversationId, active });
  }

  sayAgain(): void {
    this.#typed = undefined;
    if (this.#looksAt !== undefined) this.#say('focus', { conversationId: this.#looksAt });
    this.#say('presence.set', { status: this.#status });
    this.#watching.again();
  }

  close(): void {
    for (const leave of this.#leave) leave();
    this.#watching.close();
    this.#typists.close();
  }

  #connected(): void {
    this.#typed = undefined;
    // A new connection is online and looks at nothing.
    if (this.#looksAt !== undefined) this.#say('focus', { conversationId: this.#looksAt });
    if (this.#status === 'away') this.#say('presence.set', { status: 'away' });
    this.#watching.again();
    this.#changes.tell();
  }

  #event(event: ServerEvent): void {
    if (event.type === 'presence.changed') this.#watching.heard(event.data.users);
    else if (event.type === 'typing.changed') {
      const { conversationId, users } = event.data;
      const others = users.filter((userId) => userId !== this.client.userId);
      this.#typists.heard(conversationId, others, this.client.welcome?.timings.typingExpiresMs ?? 0);
    } else if (event.type === 'message.created')
      this.#typists.wrote(event.data.conversationId, event.data.message.senderId);
  }

  /** What is not heard is said again with the next connection, or worth nothing by then. */
  #say<T extends CommandType>(type: T, data: InputOf<T>): void {
    if (this.supported) this.client.call(type, data).catch(() => {});
  }
}

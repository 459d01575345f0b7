import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

/** What is worth something only now, and is true only because whoever hears it looks or forgets soon. */
export type Signal =
  /** Whoever sent it has checked that the user is a member; who hears it tells members alone. */
  | {
      readonly type: 'typing';
      readonly conversationId: ConversationId;
      readonly userId: UserId;
      readonly active: boolean;
    }
  /** The presence of these users may be another one: look. */
  | { readonly type: 'presence'; readonly users: readonly UserId[] }
  /** With whom these users share a conversation may have changed: look. */
  | { readonly type: 'relations'; readonly users: readonly UserId[] }
  /** Likewise, by a block between the two that was set or lifted. */
  | { readonly type: 'blocks'; readonly users: readonly UserId[] };

/**
 * Word of ephemeral things to every node, this one included. At most once and in no promised order; nobody repairs what is
 * lost, and no queue grows for it: beyond a bound the newest are dropped.
 */
export interface Signals {
  /** Never throws, never waits, and never calls a listener from inside: that comes later. After `close` it does nothing. */
  send(signal: Signal): void;
  /** Each that was registered hears each signal; one that throws harms no other. */
  onSignal(hear: (signal: Signal) => void): void;
  /** From now on nothing arrives. A second call does nothing. */
  close(): void;
}

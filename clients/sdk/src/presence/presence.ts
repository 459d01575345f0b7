import type { Client } from '../client.ts';
import type { Observable } from '../views.ts';

/** What is shown of a user; the same object until something changes. */
export interface PresenceView {
  readonly status: 'online' | 'away' | 'offline';
  /** When offline, if they let it be seen. */
  readonly lastSeen: Date | undefined;
}

/**
 * Who is there and who types, for what this page or program shows at the moment. Nothing of it is stored, and all of it may
 * lag. Two tabs that share a connection share what it watches and looks at: the last that says something is right.
 */
export interface Presence extends Observable {
  /** False while the server, or the connection, is none that has presence: then nothing is known, and saying does nothing. */
  readonly supported: boolean;
  /**
   * These users are shown now. Returns how to say that they are not any more. What several callers show is watched
   * together; of more than the server allows, those who came last.
   */
  watch(userIds: readonly string[]): () => void;
  /** Of a user who is watched; undefined until it is known. */
  get(userId: string): PresenceView | undefined;
  /** Whether somebody is at this device; `online` when nothing was said. */
  setStatus(status: 'online' | 'away'): void;
  /** The user looks at this conversation now, or at none. */
  look(conversationId: string | undefined): void;
  /** The others who type in the conversation that is looked at; of any other, nobody. The same array until it changes. */
  typing(conversationId: string): readonly string[];
  /** To be called whenever the user types; tells no more often than is useful. False: they stopped, sent, or emptied the field. */
  setTyping(conversationId: string, active?: boolean): void;
  /** Says everything anew, as when a page is shown again that shares its connection with others. */
  sayAgain(): void;
  /** Leaves no timer behind. The client stays. */
  close(): void;
}

/** The feature level from which on a server has all of this. */
export const FEATURE_LEVEL = 3;

export type Asking = Pick<Client, 'call' | 'on' | 'welcome' | 'userId' | 'subscribe'>;

import type { Rev, Seq } from '../shared/counters.ts';
import type { ConversationId, UserId } from '../shared/ids.ts';

/** From the most to the least that one may do. */
export const Role = { Owner: 'owner', Admin: 'admin', Member: 'member' } as const;
export type Role = (typeof Role)[keyof typeof Role];

export interface ParticipantState {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly role: Role;
  /** The first message they may see; 1 for all. */
  readonly firstSeq: Seq;
  /** The rev of the last change of this row that the members see. */
  readonly rev: Rev;
  /** The rev at which they last joined. */
  readonly joinedRev: Rev;
  /** Set while they are no member any more. */
  readonly leftRev: Rev | undefined;
  readonly joinedAt: Date;
}

/** A user's membership of a conversation, past or present. */
export class Participant {
  private constructor(readonly state: ParticipantState) {}

  static join(state: Omit<ParticipantState, 'leftRev' | 'joinedRev'>): Participant {
    return new Participant({ ...state, joinedRev: state.rev, leftRev: undefined });
  }

  /** For repositories only: trusts the row, applies no rule. */
  static restore(state: ParticipantState): Participant {
    return new Participant(state);
  }

  get active(): boolean {
    return this.state.leftRev === undefined;
  }

  sees(seq: Seq): boolean {
    return this.active && seq >= this.state.firstSeq;
  }

  leave(rev: Rev): Participant {
    return new Participant({ ...this.state, rev, leftRev: rev });
  }

  as(role: Role, rev: Rev): Participant {
    return new Participant({ ...this.state, role, rev });
  }
}

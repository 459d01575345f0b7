import type { Rev, Seq } from '../shared/counters.ts';
import { invalid, notFound, Refusal } from '../shared/domain-error.ts';
import type { ConversationId, UserId } from '../shared/ids.ts';
import type { ConversationTitle } from './conversation-title.ts';
import { Participant, Role } from './participant.ts';
import { can, demand } from './permissions.ts';
import type { Stamp } from './stamp.ts';

export const ConversationKind = { Private: 'private', Group: 'group' } as const;
export type ConversationKind = (typeof ConversationKind)[keyof typeof ConversationKind];

/** At most so many users in one command that adds members; a longer lock would stall the conversation. */
export const MAX_USERS_PER_COMMAND = 200;

export interface Policies {
  /** Whether plain members may add others. */
  readonly membersCanInvite: boolean;
  /** Whether who joins later sees what was written before. */
  readonly historyVisible: boolean;
}

export interface ConversationState extends Policies {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  /** Groups only. */
  readonly title: ConversationTitle | undefined;
  /** Position of the last message. */
  readonly seq: Seq;
  /** Number of the last change. */
  readonly rev: Rev;
  /** The rev of the last change of title, policies or existence. */
  readonly changedRev: Rev;
  readonly memberCount: number;
  readonly createdBy: UserId;
  readonly createdAt: Date;
  readonly deletedAt: Date | undefined;
}

/** Someone whom a command is about: whether they exist, whether a block stands between them and who acts, their membership if ever. */
export interface Candidate {
  readonly userId: UserId;
  readonly blocked: boolean;
  readonly participant: Participant | undefined;
}

export class Conversation {
  private constructor(readonly state: ConversationState) {}

  /** For repositories only: trusts the row, applies no rule. */
  static restore(state: ConversationState): Conversation {
    return new Conversation(state);
  }

  /** The conversation under another name or policies, or undefined when nothing differs. */
  update(
    by: Participant,
    change: { title?: ConversationTitle | undefined } & Partial<{ [P in keyof Policies]: boolean | undefined }>,
    rev: Rev,
  ): Conversation | undefined {
    this.#mustBeGroup();
    const {
      title = this.state.title,
      membersCanInvite = this.state.membersCanInvite,
      historyVisible = this.state.historyVisible,
    } = change;
    if (title !== this.state.title) demand(by.state.role, 'rename');
    const policies = membersCanInvite !== this.state.membersCanInvite || historyVisible !== this.state.historyVisible;
    if (policies) demand(by.state.role, 'change_policies');
    if (title === this.state.title && !policies) return undefined;
    return new Conversation({ ...this.state, title, membersCanInvite, historyVisible, changedRev: rev });
  }

  /** Those who become members by this; who is one already is passed over. */
  add(by: Participant, candidates: readonly Candidate[], limit: number, stamp: Stamp): readonly Participant[] {
    this.#mustBeGroup();
    if (!this.state.membersCanInvite) demand(by.state.role, 'add_members');
    if (candidates.some((candidate) => candidate.blocked))
      throw new Refusal('forbidden', 'blocked', 'a block stands between you and one of them');
    const joining = candidates.filter((candidate) => !candidate.participant?.active);
    if (this.state.memberCount + joining.length > limit)
      throw new Refusal('too_large', 'members_per_group', 'the group is full', {
        details: [{ path: 'users', expected: `at most ${limit} members in all` }],
      });
    const firstSeq = this.state.historyVisible ? (1 as Seq) : stamp.seq;
    return joining.map(({ userId }) =>
      Participant.join({
        conversationId: this.state.id,
        userId,
        role: Role.Member,
        firstSeq,
        rev: stamp.rev,
        joinedAt: stamp.at,
      }),
    );
  }

  /** @param target as the candidate of the command; one who is no member is as unknown as a stranger */
  remove(by: Participant, target: Participant | undefined, rev: Rev): Participant {
    this.#mustBeGroup();
    if (target?.state.userId === by.state.userId)
      throw invalid('userId', 'another member; to go yourself, leave', 'remove_self');
    demand(by.state.role, 'remove_member');
    if (!target?.active) throw notFound('member');
    if (target.state.role !== Role.Member) demand(by.state.role, 'remove_admin');
    return target.leave(rev);
  }

  /** @param owners how many owners the conversation has now */
  leave(by: Participant, owners: number, rev: Rev): Participant {
    if (this.state.kind === ConversationKind.Private)
      throw new Refusal('conflict', 'private_is_never_left', 'a private conversation can be archived, not left');
    if (by.state.role === Role.Owner && owners === 1 && this.state.memberCount > 1) throw lastOwner();
    return by.leave(rev);
  }

  /** The member with the new role, or undefined when they have it already. */
  changeRole(
    by: Participant,
    target: Participant | undefined,
    role: Role,
    owners: number,
    rev: Rev,
  ): Participant | undefined {
    this.#mustBeGroup();
    demand(by.state.role, 'change_roles');
    if (!target?.active) throw notFound('member');
    if (target.state.role === role) return undefined;
    if (target.state.role === Role.Owner && owners === 1) throw lastOwner();
    return target.as(role, rev);
  }

  delete(by: Participant, stamp: Stamp): Conversation {
    this.#mustBeGroup();
    demand(by.state.role, 'delete_conversation');
    return new Conversation({ ...this.state, deletedAt: stamp.at, changedRev: stamp.rev });
  }

  /** Whether this member may add others now; told to clients so that they show no dead control. */
  mayInvite(role: Role): boolean {
    return this.state.kind === ConversationKind.Group && (this.state.membersCanInvite || can(role, 'add_members'));
  }

  #mustBeGroup(): void {
    if (this.state.kind !== ConversationKind.Group)
      throw new Refusal('conflict', 'private_is_fixed', 'a private conversation keeps its two people and has no title');
  }
}

const lastOwner = () => new Refusal('conflict', 'last_owner', 'a group needs an owner; make somebody else one first');

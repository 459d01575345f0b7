import { describe, expect, it } from 'vitest';
import type { Conversation } from '#app/domain/chat/conversation.ts';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import type { Message } from '#app/domain/chat/message.ts';
import { MessageText } from '#app/domain/chat/message-content.ts';
import { type Participant, Role } from '#app/domain/chat/participant.ts';
import { type Action, can, demand, permissions } from '#app/domain/chat/permissions.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { aCandidate, aConversation, aMessage, aParticipant, stamp } from '../../../support/chat-objects.ts';
import { throwsRefusal } from '../../../support/refusals.ts';

const roles = Object.values(Role);

/** Written out, so that a change of the code's table is a change of this one. */
const expected: Record<Action, Record<Role, boolean>> = {
  rename: { owner: true, admin: true, member: false },
  change_policies: { owner: true, admin: true, member: false },
  add_members: { owner: true, admin: true, member: false },
  remove_member: { owner: true, admin: true, member: false },
  remove_admin: { owner: true, admin: false, member: false },
  change_roles: { owner: true, admin: false, member: false },
  delete_others_messages: { owner: true, admin: true, member: false },
  delete_conversation: { owner: true, admin: false, member: false },
};
const cells = Object.entries(expected).flatMap(([action, row]) =>
  roles.map((role) => [role, action as Action, row[role]] as const),
);

describe('permissions', () => {
  it('has a row for every action', () => {
    expect(Object.keys(permissions).toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  it.each(cells)('%s, %s: %s', (role, action, allowed) => {
    expect(can(role, action)).toBe(allowed);
    if (allowed) expect(demand(role, action)).toBeUndefined();
    else throwsRefusal(() => demand(role, action), 'forbidden', `${action}_takes_${whoMay(action)}`);
  });
});

const whoMay = (action: Action) => roles.filter((role) => expected[action][role]).join('_or_');

/** What an actor does to the things of a group, as the entities decide it. */
const acts = {
  'renames the group': (actor) => aConversation().update(actor, { title: ConversationTitle('Another') }, stamp.rev),
  'lets members invite': (actor) => aConversation().update(actor, { membersCanInvite: true }, stamp.rev),
  'hides the history': (actor) => aConversation().update(actor, { historyVisible: false }, stamp.rev),
  'adds somebody': (actor) => aConversation().add(actor, [aCandidate()], 10, stamp),
  'adds somebody where members may': (actor) =>
    aConversation({ membersCanInvite: true }).add(actor, [aCandidate()], 10, stamp),
  'removes a member': (actor) => aConversation().remove(actor, aParticipant('member'), stamp.rev),
  'removes an admin': (actor) => aConversation().remove(actor, aParticipant('admin'), stamp.rev),
  'removes an owner': (actor) => aConversation().remove(actor, aParticipant('owner'), stamp.rev),
  'promotes a member': (actor) => aConversation().changeRole(actor, aParticipant('member'), 'admin', 2, stamp.rev),
  'demotes an owner': (actor) => aConversation().changeRole(actor, aParticipant('owner'), 'member', 2, stamp.rev),
  leaves: (actor) => aConversation().leave(actor, 2, stamp.rev),
  'ends the group': (actor) => aConversation().delete(actor, stamp),
  'edits their message': (actor) => aMessage(actor).edit(actor, MessageText('other'), stamp),
  'edits another’s message': (actor) => aMessage(aParticipant()).edit(actor, MessageText('other'), stamp),
  'deletes their message': (actor) => aMessage(actor).delete(actor, stamp),
  'deletes another’s message': (actor) => aMessage(aParticipant()).delete(actor, stamp),
  'deletes an entry of the server': (actor) =>
    aMessage(actor, { type: 'system', content: { event: 'conversation.created' } }).delete(actor, stamp),
} satisfies Record<
  string,
  (actor: Participant) => Conversation | Participant | readonly Participant[] | Message | undefined
>;

const allowedTo: Record<keyof typeof acts, readonly Role[]> = {
  'renames the group': ['owner', 'admin'],
  'lets members invite': ['owner', 'admin'],
  'hides the history': ['owner', 'admin'],
  'adds somebody': ['owner', 'admin'],
  'adds somebody where members may': ['owner', 'admin', 'member'],
  'removes a member': ['owner', 'admin'],
  'removes an admin': ['owner'],
  'removes an owner': ['owner'],
  'promotes a member': ['owner'],
  'demotes an owner': ['owner'],
  leaves: ['owner', 'admin', 'member'],
  'ends the group': ['owner'],
  'edits their message': ['owner', 'admin', 'member'],
  'edits another’s message': [],
  'deletes their message': ['owner', 'admin', 'member'],
  'deletes another’s message': ['owner', 'admin'],
  'deletes an entry of the server': [],
};
const matrix = Object.keys(acts).flatMap((act) => roles.map((role) => [role, act as keyof typeof acts] as const));

describe('who may do what', () => {
  it.each(matrix)('%s %s', (role, act) => {
    const attempt = () => acts[act](aParticipant(role));
    if (allowedTo[act].includes(role)) return expect(attempt()).toBeDefined();
    expect(attempt).toThrow(Refusal);
    throwsRefusal(attempt, 'forbidden');
  });

  it.each(roles)('tells a client whether an %s may invite', (role) => {
    expect(aConversation().mayInvite(role)).toBe(role !== 'member');
    expect(aConversation({ membersCanInvite: true }).mayInvite(role)).toBe(true);
    expect(aConversation({ kind: 'private', membersCanInvite: true }).mayInvite(role)).toBe(false);
  });
});

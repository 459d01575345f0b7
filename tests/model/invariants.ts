import { isDeepStrictEqual } from 'node:util';
import type { ChangedRow } from '#app/application/ports/feed.ts';
import type { ChatEvent, ConversationEvent } from '#app/domain/chat/chat-events.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { Model, Name, Place } from './model.ts';
import { PLACES, USERS } from './model.ts';
import type { Real } from './real.ts';
import type { Replica } from './replica.ts';

export class Broken extends Error {}

/** Says what differs; the model's word comes first. */
export const same = (what: string, expected: unknown, found: unknown): void => {
  if (!isDeepStrictEqual(expected, found))
    throw new Broken(`${what}\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`);
};

const ALL = { limit: 1_000 };

/** What must hold after each step, looked at through the ports alone. */
export const checkInvariants = async (
  model: Model,
  real: Real,
  place: Place,
  events: readonly ChatEvent[],
  watchers: readonly Name[],
): Promise<void> => {
  learnNoticeIds(model, events, place);
  const { feed } = real.world;
  const heads = await feed.heads(PLACES.map((each) => real.place(each)));
  same(
    'revs are dense',
    PLACES.map((each) => model.at(each).rev),
    PLACES.map((each) => heads.get(real.place(each))),
  );
  const userHeads = await feed.userHeads(USERS.map((user) => real.user(user)));
  same(
    'urevs are dense',
    USERS.map((user) => model.urevs.get(user)),
    USERS.map((user) => userHeads.get(real.user(user))),
  );
  if (real.looksAtRows(events)) await checkEventRows(real, place, events);
  await Promise.all(
    watchers.map((user) =>
      model.member(place, user) ? checkMember(model, real, place, user) : checkOutsider(real, place, user),
    ),
  );
};

/** The model leaves the ids of notices to the server. */
const learnNoticeIds = (model: Model, events: readonly ChatEvent[], place: Place): void => {
  for (const event of events) {
    const message = 'message' in event ? event.message : undefined;
    const entry = message && model.at(place).log[message.seq - 1];
    if (entry) entry.id ??= message.id;
  }
};

/** An event carries exactly the rows that its rev changed. */
const checkEventRows = async (real: Real, place: Place, events: readonly ChatEvent[]): Promise<void> => {
  const [event] = events.filter((one): one is ConversationEvent => 'rev' in one && !('urev' in one));
  if (!event) return;
  const range = { after: (event.rev - 1) as Rev, upTo: event.rev, firstSeq: 1 as Seq, limit: 201 };
  const { rows, more } = await real.world.feed.changes(real.place(place), range);
  same(`the rows of ${event.type}`, [rowsOf(event), false], [sorted(rows), more]);
};

const rowsOf = (event: ConversationEvent): readonly ChangedRow[] => {
  const rows: ChangedRow[] = [];
  if ('conversation' in event) rows.push({ kind: 'conversation', rev: event.rev, conversation: event.conversation });
  if ('members' in event)
    rows.push(...event.members.map((member) => ({ kind: 'member' as const, rev: event.rev, member })));
  if ('message' in event && event.message) rows.push({ kind: 'message', rev: event.rev, message: event.message });
  return sorted(rows);
};

const sorted = (rows: readonly ChangedRow[]): readonly ChangedRow[] => {
  const key = (row: ChangedRow) => row.kind + (row.kind === 'member' ? row.member.userId : '');
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
};

const checkMember = async (model: Model, real: Real, place: Place, user: Name): Promise<void> => {
  const { reader, feed } = real.world;
  const who = `${user} in ${place}`;
  const id = real.place(place);
  const member = model.member(place, user)!; // the caller looked
  const replica = real.replicas.get(`${place} ${user}`)!; // there is one for each
  const access = await reader.access(id, real.user(user));
  same(`access of ${who}`, [member.role, member.firstSeq], [access.role, access.firstSeq]);

  // A cursor from before the joining is of another membership.
  if (replica.cursor < member.joinedRev) replica.forget();
  const upTo = model.at(place).rev as Rev;
  const changes = await feed.changes(id, { after: replica.cursor as Rev, upTo, firstSeq: access.firstSeq, limit: 201 });
  same(`one page is enough for ${who}`, false, changes.more);
  for (const row of changes.rows) replica.apply(row);
  replica.cursor = upTo;

  const [line, log, members, receipts] = await Promise.all([
    reader.get(access),
    reader.history(access, ALL),
    reader.members(access, ALL),
    reader.receipts(access, ALL),
  ]);
  same(`before and changes give the log of ${who}`, log, replica.log);
  same(`before and changes give the members for ${who}`, members, replica.present);
  const { title, membersCanInvite, historyVisible, memberCount } = line.conversation;
  const changed = replica.conversation;
  same(
    `before and changes give the conversation for ${who}`,
    [title, membersCanInvite, historyVisible],
    [changed?.title, changed?.membersCanInvite, changed?.historyVisible],
  );

  same(`the log of ${who}`, expectedLog(model, real, place, user), log.map(shown));
  same(`the members for ${who}`, expectedMembers(model, real, place), members.map(shownMember));
  same(`the conversation for ${who}`, expectedConversation(model, place), [
    title,
    membersCanInvite,
    historyVisible,
    memberCount,
    line.conversation.seq,
    line.conversation.rev,
  ]);
  same(`the last message of ${who}`, log.at(-1), line.lastMessage);
  const { readSeq, archived, unread } = line.membership;
  same(
    `the own state of ${who}`,
    [member.readSeq, member.archived, { count: model.unread(place, user), more: false }],
    [readSeq, archived, unread],
  );
  same(
    `the receipts for ${who}`,
    expectedReceipts(model, real, place),
    receipts.map((one) => [one.userId, one.readSeq, one.deliveredSeq]),
  );
};

/** Former members read nothing, and it looks as if there were nothing. */
const checkOutsider = async (real: Real, place: Place, user: Name): Promise<void> => {
  real.replicas.get(`${place} ${user}`)?.forget();
  const id = real.place(place);
  const refusal = await real.world.reader.access(id, real.user(user)).then(
    () => 'none',
    (error: unknown) => (error instanceof Refusal ? error.rule : String(error)),
  );
  same(`${user} is kept out of ${place}`, 'conversation_not_found', refusal);
  same(`${user} stands nowhere in ${place}`, [], await real.world.feed.standings(real.user(user), [id]));
};

export const expectedLog = (model: Model, real: Real, place: Place, user: Name): readonly unknown[] =>
  model
    .visible(place, user)
    .map((entry) => [
      entry.seq,
      entry.rev,
      entry.id,
      real.user(entry.sender),
      entry.notice ? 'system' : 'text',
      entry.text,
      entry.replyTo,
      entry.edited,
      entry.text === undefined,
    ]);

export const shown = (message: MessageState): readonly unknown[] => [
  message.seq,
  message.rev,
  message.id,
  message.senderId,
  message.type,
  typeof message.content === 'object' ? message.content.event : message.content,
  message.replyTo,
  message.editedAt !== undefined,
  message.deletedAt !== undefined,
];

export const expectedMembers = (model: Model, real: Real, place: Place): readonly unknown[] =>
  model
    .active(place)
    .map(([user, { role, firstSeq, rev, joinedRev }]) => [real.user(user), role, firstSeq, rev, joinedRev])
    .toSorted(byFirst);

export const shownMember = (member: ParticipantState): readonly unknown[] => [
  member.userId,
  member.role,
  member.firstSeq,
  member.rev,
  member.joinedRev,
];

const expectedReceipts = (model: Model, real: Real, place: Place): readonly unknown[] =>
  model
    .active(place)
    .map(([user, { readSeq, deliveredSeq }]) => [real.user(user), readSeq, deliveredSeq])
    .toSorted(byFirst);

const expectedConversation = (model: Model, place: Place): readonly unknown[] => {
  const { title, invite, visible, log, rev } = model.at(place);
  return [title, invite, visible, model.active(place).length, log.length, rev];
};

const byFirst = (a: readonly unknown[], b: readonly unknown[]): number => (String(a[0]) < String(b[0]) ? -1 : 1);

/** What one who has caught up holds of a place is what the model has for them. */
export const checkHeld = (model: Model, real: Real, place: Place, user: Name, held: Replica | undefined): void => {
  if (!model.member(place, user)) return same(`${user} holds nothing of ${place}`, undefined, held);
  same(`the cursor of ${user} in ${place}`, model.at(place).rev, held?.cursor);
  same(`what ${user} holds of ${place}`, expectedLog(model, real, place, user), held?.log.map(shown));
  same(`whom ${user} holds in ${place}`, expectedMembers(model, real, place), held?.present.map(shownMember));
};

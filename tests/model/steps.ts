import fc from 'fast-check';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { MessageText, MessageType } from '#app/domain/chat/message-content.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import type { MessageId } from '#app/domain/shared/ids.ts';
import { aMessageId } from '../support/chat-world.ts';
import { checkInvariants, same } from './invariants.ts';
import { type Entry, type Expected, type Model, type Name, type Place, PLACES, type RoleName, USERS } from './model.ts';
import type { Real } from './real.ts';

/** Every executed step counts, those of runs that shrink a failure included. */
export const executed = { steps: 0 };

export type Step = fc.AsyncCommand<Model, Real>;

/** One act of one user in one place: how it is drawn, made concrete by the state, foretold and done. */
interface Act<Data extends object, Input extends { readonly place: Place }> {
  readonly name: string;
  readonly data: fc.Arbitrary<Data>;
  resolve(model: Model, data: Data): Input;
  expect(model: Model, input: Input): Expected;
  perform(real: Real, input: Input): Promise<unknown>;
}

const stepsOf = <Data extends object, Input extends { readonly place: Place }>(
  act: Act<Data, Input>,
): fc.Arbitrary<Step> =>
  fc.tuple(act.data, insider).map(([data, inside]) => ({
    check: () => true,
    async run(model, real) {
      executed.steps++;
      const input = act.resolve(model, inward(model, data, inside));
      const expected = act.expect(model, input);
      const outcome = await real.outcome(act.perform(real, input));
      const { events, words } = real.heard();
      const what = `${act.name} ${JSON.stringify(input)}`;
      same(`the outcome of ${what}`, expected.outcome, outcome);
      same(`the first event of ${what}`, expected.events[0], words[0]);
      same(`the events of ${what}`, expected.events.toSorted(), words.toSorted());
      await checkInvariants(model, real, input.place, events, real.watchers(executed.steps));
    },
    toString: () => `${act.name}(${JSON.stringify(data)}, ${inside})`,
  }));

/** Mostly a member acts, and strangers often enough. */
const insider = fc.option(fc.nat({ max: 4 }), { nil: undefined, freq: 5 });
const inward = <Data extends object>(model: Model, data: Data, inside: number | undefined): Data => {
  if (!('place' in data) || inside === undefined) return data;
  const members = model.active(data.place as Place);
  return members.length === 0 ? data : { ...data, by: members[inside % members.length]![0] }; // there are some
};

const place = fc.constantFrom(...PLACES);
const by = fc.constantFrom(...USERS);
const user = fc.constantFrom(...USERS);
const text = fc.constantFrom('a', 'b', 'ä€𝕏', ' spaced ', "o'clock; --");
const at = fc.nat({ max: 40 });
const where = { place, by };

interface Where {
  readonly place: Place;
  readonly by: Name;
}
type Input<More> = Where & More;

/** One of the log's entries, or none. */
const entryAt = (model: Model, place: Place, at: number): Entry | undefined => {
  const { log } = model.at(place);
  return log[at % (log.length + 1)];
};
/** A random seq of the log, or the one behind it, and its id if it has one. */
const aim = (model: Model, place: Place, at: number): { seq: number; id: MessageId; rev: number } => {
  const entry = entryAt(model, place, at);
  return { seq: entry?.seq ?? 0, id: (entry?.id as MessageId | undefined) ?? aMessageId(), rev: entry?.rev ?? 0 }; // ids came from there
};

const inPlace = (real: Real, { place, by }: Where) => ({ userId: real.user(by), conversationId: real.place(place) });

type Sending = Input<{ id: MessageId; text: string; replyTo: number | undefined }>;
const sending = {
  expect: (model: Model, { place, by, id, text, replyTo }: Sending) => model.send(place, by, id, text, replyTo),
  perform: (real: Real, { place, by, id, text, replyTo }: Sending) =>
    real.acts.send.execute({
      ...{ conversationId: real.place(place), senderId: real.user(by), id, type: MessageType.Text },
      ...{ content: MessageText(text), replyTo: replyTo as Seq | undefined },
    }),
};

const send = stepsOf({
  name: 'send',
  data: fc.record({ ...where, text, answers: fc.option(at, { nil: undefined, freq: 2 }) }),
  resolve: (model, { place, by, text, answers }): Sending => ({
    ...{ place, by, text, id: aMessageId() },
    replyTo: answers === undefined ? undefined : 1 + (answers % (model.at(place).log.length + 1)),
  }),
  ...sending,
});

/** An id that is taken: the same words or others, by its sender or another, in its conversation or elsewhere. */
const resend = stepsOf({
  name: 'resend',
  data: fc.record({
    ...where,
    at,
    elsewhere: fc.option(place, { nil: undefined, freq: 4 }),
    sameWords: fc.boolean(),
    sameSender: fc.boolean(),
    text,
  }),
  resolve: (model, { place, by, at, elsewhere, sameWords, sameSender, text }): Sending => {
    const entry = entryAt(model, place, at);
    const words = entry && !entry.notice && sameWords;
    return {
      place: elsewhere ?? place,
      by: entry && sameSender ? entry.sender : by,
      id: aim(model, place, at).id,
      text: words ? entry.first : text,
      replyTo: words ? entry.replyTo : undefined,
    };
  },
  ...sending,
});

const edit = stepsOf({
  name: 'edit',
  data: fc.record({
    ...where,
    at,
    text,
    own: fc.boolean(),
    knows: fc.constantFrom('nothing', 'its rev', 'an older one'),
  }),
  resolve: (model, { place, by, at, text, own, knows }) => {
    const { seq, id, rev } = aim(model, place, at);
    const editor = own ? (entryAt(model, place, at)?.sender ?? by) : by;
    return {
      place,
      by: editor,
      seq,
      id,
      text,
      knownRev: knows === 'nothing' ? undefined : knows === 'its rev' ? rev : rev + 1,
    };
  },
  expect: (model, { place, by, seq, text, knownRev }) => model.edit(place, by, seq, text, knownRev),
  perform: (real, { id, text, knownRev, ...input }) =>
    real.acts.edit.execute({
      ...inPlace(real, input),
      id,
      content: MessageText(text),
      knownRev: knownRev as Rev | undefined,
    }),
});

const erase = stepsOf({
  name: 'delete',
  data: fc.record({ ...where, at }),
  resolve: (model, { place, by, at }) => ({ place, by, ...aim(model, place, at) }),
  expect: (model, { place, by, seq }) => model.delete(place, by, seq),
  perform: (real, { id, ...input }) => real.acts.delete.execute({ ...inPlace(real, input), id }),
});

const add = stepsOf({
  name: 'add',
  data: fc.record({ ...where, users: fc.uniqueArray(user, { minLength: 1, maxLength: 2 }) }),
  resolve: (_model, data) => data,
  expect: (model, { place, by, users }) => model.add(place, by, users),
  perform: (real, { users, ...input }) =>
    real.acts.add.execute({ ...inPlace(real, input), users: users.map((name) => real.user(name)) }),
});

const remove = stepsOf({
  name: 'remove',
  data: fc.record({ ...where, user }),
  resolve: (_model, data) => data,
  expect: (model, { place, by, user }) => model.remove(place, by, user),
  perform: (real, { user, ...input }) =>
    real.acts.remove.execute({ ...inPlace(real, input), memberId: real.user(user) }),
});

const leave = stepsOf({
  name: 'leave',
  data: fc.record(where),
  resolve: (_model, data) => data,
  expect: (model, { place, by }) => model.leave(place, by),
  perform: (real, input) => real.acts.leave.execute(inPlace(real, input)),
});

const changeRole = stepsOf({
  name: 'changeRole',
  data: fc.record({ ...where, user, role: fc.constantFrom<RoleName>('owner', 'admin', 'member') }),
  resolve: (_model, data) => data,
  expect: (model, { place, by, user, role }) => model.changeRole(place, by, user, role),
  perform: (real, { user, role, ...input }) =>
    real.acts.changeRole.execute({ ...inPlace(real, input), memberId: real.user(user), role }),
});

const update = stepsOf({
  name: 'update',
  data: fc.record({
    ...where,
    title: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
    invite: maybe(),
    visible: maybe(),
  }),
  resolve: (_model, data) => data,
  expect: (model, { place, by, ...change }) => model.update(place, by, change),
  perform: (real, { title, invite, visible, ...input }) =>
    real.acts.update.execute({
      ...{ ...inPlace(real, input), title: title === undefined ? undefined : ConversationTitle(title) },
      ...{ membersCanInvite: invite, historyVisible: visible },
    }),
});

const read = stepsOf({
  name: 'read',
  data: fc.record({ ...where, seq: fc.nat({ max: 30 }), how: fc.constantFrom('read' as const, 'delivered' as const) }),
  resolve: (_model, data) => data,
  expect: (model, { place, by, seq, how }) => model.read(place, by, seq, how),
  perform: (real, { seq, how, ...input }) => real.acts[how].execute({ ...inPlace(real, input), seq: seq as Seq }),
});

const archive = stepsOf({
  name: 'archive',
  data: fc.record({ ...where, archived: fc.boolean() }),
  resolve: (_model, data) => data,
  expect: (model, { place, by, archived }) => model.archive(place, by, archived),
  perform: (real, { archived, ...input }) => real.acts.setMembership.execute({ ...inPlace(real, input), archived }),
});

const block = stepsOf({
  name: 'block',
  data: fc.record({ by, user, blocked: fc.boolean() }),
  resolve: (_model, data) => ({ ...data, place: 'pair' as const }),
  expect: (model, { by, user, blocked }) => model.block(by, user, blocked),
  perform: (real, { by, user, blocked }) =>
    real.acts.block.execute({ userId: real.user(by), blockedId: real.user(user), blocked }),
});

function maybe() {
  return fc.option(fc.boolean(), { nil: undefined });
}

/** Sends are what a chat is made of; the rest is often enough to meet. */
export const acts: readonly fc.Arbitrary<Step>[] = [
  send,
  send,
  send,
  resend,
  resend,
  edit,
  edit,
  erase,
  remove,
  add,
  add,
  add,
  remove,
  leave,
  changeRole,
  changeRole,
  update,
  read,
  archive,
  block,
];

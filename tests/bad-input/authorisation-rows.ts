import { v7 } from 'uuid';

/** What a call may end in: `ok`, or the code of the refusal. */
export type Outcome = 'ok' | 'forbidden' | 'not_found' | 'conflict' | 'invalid' | 'unauthenticated';

/** What there is to reach for. */
export interface Target {
  readonly conversationId: string;
  /** The owner's, in the conversation. */
  readonly messageId: string;
  /** A plain member beside the one who acts. */
  readonly memberId: string;
  /** Somebody who is in none of it. */
  readonly strangerId: string;
  readonly epoch: string;
}

type Input = Readonly<Record<string, unknown>>;

/** Of a conversation. Who is no member gets `not_found`, as for one that is not there. */
export interface OfConversation {
  readonly of: 'conversation';
  readonly input: (target: Target) => Input;
  readonly owner: Outcome;
  readonly admin: Outcome;
  readonly member: Outcome;
  /** The answer to a former member, and to who never was one, where it is no refusal. */
  readonly outsider?: 'ok';
}

/** Of whoever asks, with no way to name somebody else's. */
export interface OfSelf {
  readonly of: 'self';
  readonly input: () => Input;
  /** What a program gets that acts for the user by an API key. */
  readonly apiKey: Outcome;
}

/** Of one thing that belongs to one user; somebody else's is as absent as what is not there. */
export interface OfThing {
  readonly of: 'thing';
  readonly input: (id: string) => Input;
  readonly kind: 'session' | 'apiKey';
}

/** About another user. */
export interface OfUser {
  readonly of: 'user';
  readonly input: (userId: string) => Input;
  /** For a user who is blocked by the other one. */
  readonly blocked: Outcome;
  readonly absent: Outcome;
}

/** For strangers, or for the connection alone. */
interface OfNobody {
  readonly of: 'nobody';
}

export type Row = OfConversation | OfSelf | OfThing | OfUser | OfNobody;

const inConversation = (more: (target: Target) => Input = () => ({})) => ({
  of: 'conversation' as const,
  input: (target: Target) => ({ conversationId: target.conversationId, ...more(target) }),
});
const everyMember = { owner: 'ok', admin: 'ok', member: 'ok' } as const;
const leaders = { owner: 'ok', admin: 'ok', member: 'forbidden' } as const;
const ownerAlone = { owner: 'ok', admin: 'forbidden', member: 'forbidden' } as const;
const absentToLeaders = { owner: 'not_found', admin: 'not_found', member: 'forbidden' } as const;
const self = (apiKey: Outcome, input: () => Input = () => ({})) => ({ of: 'self' as const, input, apiKey });

const message = ({ messageId }: Target) => ({ id: messageId });
/** One that nobody else has, for who is to be found by it. */
export const handleOf = (userId: string): string => `h${userId.replaceAll('-', '').slice(-24)}`;
export const PASSWORD = 'eight plain words that nobody has used';

/** Who may do what to what. A command without a row fails the build; a row without a command too. */
export const authorisation: Readonly<Record<string, readonly Row[]>> = {
  'conversation.get': [{ ...inConversation(), ...everyMember }],
  'conversation.update': [
    { ...inConversation(() => ({ title: 'Renamed' })), ...leaders },
    { ...inConversation(() => ({ membersCanInvite: true })), ...leaders },
    { ...inConversation(() => ({ historyVisible: false })), ...leaders },
  ],
  'conversation.delete': [{ ...inConversation(), ...ownerAlone }],
  'conversation.leave': [{ ...inConversation(), owner: 'conflict', admin: 'ok', member: 'ok' }],
  'conversation.read': [{ ...inConversation(() => ({ readSeq: 1 })), ...everyMember }],
  'conversation.delivered': [{ ...inConversation(() => ({ deliveredSeq: 1 })), ...everyMember }],
  'conversation.receipts': [
    { ...inConversation(), ...everyMember },
    { ...inConversation(() => ({ readSince: 1 })), ...everyMember },
  ],
  'conversation.settings': [{ ...inConversation(() => ({ archived: true })), ...everyMember }],
  'member.list': [{ ...inConversation(), ...everyMember }],
  'member.add': [{ ...inConversation(({ strangerId }) => ({ users: [strangerId] })), ...leaders }],
  'member.remove': [
    { ...inConversation(({ memberId }) => ({ userId: memberId })), ...leaders },
    { ...inConversation(({ strangerId }) => ({ userId: strangerId })), ...absentToLeaders },
  ],
  'member.set_role': [
    { ...inConversation(({ memberId }) => ({ userId: memberId, role: 'admin' })), ...ownerAlone },
    { ...inConversation(({ memberId }) => ({ userId: memberId, role: 'owner' })), ...ownerAlone },
    { ...inConversation((t) => ({ userId: t.strangerId, role: 'admin' })), ...ownerAlone, owner: 'not_found' },
  ],
  'message.send': [
    { ...inConversation(() => ({ id: v7(), content: 'hello' })), ...everyMember },
    { of: 'user', input: (to) => ({ id: v7(), to, content: 'hello' }), blocked: 'forbidden', absent: 'not_found' },
  ],
  'message.history': [{ ...inConversation(), ...everyMember }],
  'message.edit': [{ ...inConversation((t) => ({ ...message(t), content: 'other words' })), ...ownerAlone }],
  'message.delete': [{ ...inConversation(message), ...leaders }],
  sync: [
    {
      of: 'conversation',
      input: ({ conversationId, epoch }) => ({ epoch, urev: 0, cursors: [[conversationId, 0]] }),
      ...everyMember,
      outsider: 'ok',
    },
  ],

  'conversation.create': [
    self('ok', () => ({ id: v7(), title: 'Mine' })),
    {
      of: 'user',
      input: (userId) => ({ id: v7(), title: 'Ours', users: [userId] }),
      blocked: 'forbidden',
      absent: 'not_found',
    },
  ],
  'conversation.list': [self('ok')],
  'conversation.open_private': [
    { of: 'user', input: (userId) => ({ userId }), blocked: 'forbidden', absent: 'not_found' },
  ],
  'block.set': [{ of: 'user', input: (userId) => ({ userId, blocked: true }), blocked: 'ok', absent: 'not_found' }],
  'block.list': [self('ok')],
  'users.get': [{ of: 'user', input: (userId) => ({ ids: [userId] }), blocked: 'ok', absent: 'ok' }],
  'users.find': [{ of: 'user', input: (userId) => ({ handle: handleOf(userId) }), blocked: 'ok', absent: 'not_found' }],

  'user.me': [self('ok')],
  'user.update': [self('ok', () => ({ displayName: 'Renamed' }))],
  'user.change_password': [self('forbidden', () => ({ currentPassword: PASSWORD, newPassword: `${PASSWORD}!` }))],
  'session.list': [self('ok')],
  'session.logout': [self('forbidden')],
  'session.revoke': [{ of: 'thing', kind: 'session', input: (sessionId) => ({ sessionId }) }],
  'session.revoke_others': [self('forbidden')],
  'session.revoke_all': [self('ok')],
  'api_key.create': [self('forbidden', () => ({ name: 'heir' }))],
  'api_key.list': [self('ok')],
  'api_key.revoke': [{ of: 'thing', kind: 'apiKey', input: (apiKeyId) => ({ apiKeyId }) }],

  focus: [{ ...inConversation(), ...everyMember }],
  typing: [{ ...inConversation(() => ({ active: true })), ...everyMember }],
  'presence.watch': [{ of: 'user', input: (userId) => ({ users: [userId] }), blocked: 'ok', absent: 'ok' }],
  'presence.set': [self('ok', () => ({ status: 'away' }))],

  ...{ auth: [{ of: 'nobody' }], ping: [self('ok')], 'user.register': [{ of: 'nobody' }] },
  ...{
    'session.login': [{ of: 'nobody' }],
    'session.guest': [{ of: 'nobody' }],
    'session.refresh': [{ of: 'nobody' }],
  },
};

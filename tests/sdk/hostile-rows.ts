import { deflateRawSync } from 'node:zlib';
import type { Stop } from '../../clients/sdk/src/link/link.ts';
import { OPCODE, rawFrame } from '../support/raw-socket.ts';
import type { Manners, ScriptedConnection } from '../support/scripted-server.ts';
import { annId, bobId, conversationId, created, messageRow, otherConversationId, welcome } from './hostile-world.ts';

export interface HostileRow {
  readonly name: string;
  /** Done to a connection that is open and known. */
  readonly live?: (connection: ScriptedConnection) => void;
  /** How the next connections are treated; the one that is open is cut. */
  readonly next?: readonly Manners[];
  /** Types of the events that listeners may hear of it; none, when absent. */
  readonly heard?: readonly string[];
  /** It makes the link give up. */
  readonly stop?: Stop['reason'];
  /** What lived is left for it. Whether it must, is not asked. */
  readonly survives?: true;
}

const says = (...frames: readonly unknown[]) => ({
  live: (connection: ScriptedConnection) => frames.forEach((frame) => connection.says(frame)),
  survives: true as const,
});
const texts = (...all: readonly string[]) => ({
  live: (connection: ScriptedConnection) => all.forEach((text) => connection.text(text)),
  survives: true as const,
});

const notJson: readonly HostileRow[] = [
  '',
  ' ',
  '{',
  '{"type":',
  'undefined',
  "{'type':'goaway'}",
  '{"a":1}{"b":2}',
  '\u0000',
  '\ufeff{}',
  '{"type":"x"',
].map((text) => ({ name: `no JSON: ${JSON.stringify(text)}`, ...texts(text) }));

const noFrame: readonly HostileRow[] = [
  ...[null, true, 42, 'goaway', [], [[]], {}],
  { type: 'goaway' },
  ...[null, [], 'x', 7, true].map((data) => ({ type: 'goaway', data })),
  ...[null, 7, [], {}, '', 'x'.repeat(10_000)].map((type) => ({ type, data: { afterMs: 0 } })),
].map((frame) => ({ name: `no frame: ${JSON.stringify(frame).slice(0, 60)}`, ...says(frame) }));

const noReply: readonly HostileRow[] = [
  ...[-1, 1.5, 2 ** 53, true, [], {}, 'x', null, 99_999].map((id) => ({ id, ok: true, data: {} })),
  ...[99_998, 'y'].map((id) => ({ id, ok: false, error: { code: 'internal', message: 'x' } })),
  { id: 1 },
  { id: 1, ok: 'yes', data: {} },
  { id: 1, ok: true },
  { id: 1, ok: true, data: null },
  { id: 1, ok: false },
  { id: 1, ok: false, error: null },
  { id: 1, ok: false, error: 'no' },
].map((frame) => ({ name: `no reply to anything: ${JSON.stringify(frame)}`, ...says(frame) }));

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const large: readonly HostileRow[] = [
  { name: 'depth of 65', ...texts(`{"type":"receipt.changed","data":{"x":${nested(63)}}}`) },
  { name: 'depth of 100,000', ...texts(`{"type":"goaway","data":{"afterMs":0,"x":${nested(100_000)}}}`) },
  {
    name: 'depth of 100,000 objects',
    ...texts(`{"type":"goaway","data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`),
  },
  {
    name: 'more than a mebibyte of text',
    ...says(created({ message: messageRow({ content: 'x'.repeat(1_100_000) }) })),
  },
  {
    name: 'more than a mebibyte of rows',
    ...says({ type: 'user.changes', data: { from: 0, upTo: 1, rows: Array.from({ length: 600_000 }, () => 1) } }),
  },
  {
    name: 'a hundred thousand keys',
    ...says({ type: 'goaway', data: Object.fromEntries(Array.from({ length: 90_000 }, (_, i) => [`k${i}`, 0])) }),
  },
];

const prototypes: readonly HostileRow[] = [
  ...['toString', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'].map((type) => ({
    name: `an event called ${type}`,
    ...texts(`{"type":"${type}","data":{"afterMs":0}}`),
  })),
  ...['__proto__', 'constructor', 'prototype'].flatMap((key) => [
    {
      name: `the key ${key} in a frame`,
      ...texts(`{"${key}":{"type":"goaway"},"type":"goaway","data":{"afterMs":0}}`),
    },
    {
      name: `the key ${key} deep inside`,
      ...texts(JSON.stringify(created()).replace('"seq"', `"${key}":{"ok":true},"seq"`)),
    },
  ]),
  { name: 'a reply with __proto__', ...texts('{"id":1,"ok":true,"data":{"__proto__":{"userId":"x"}}}') },
];

/** Numbers that are no counters, as they would stand in JSON. */
const noCounters = ['-1', '1.5', '9007199254740992', '1e400', '"58"', 'null', 'true', '[]', '{}', '-0.5', '1e-7'];
const counters: readonly HostileRow[] = [
  ['rev', JSON.stringify(created()).replace('"rev":2,"message"', '"rev":#,"message"')],
  ['seq', JSON.stringify(created()).replace('"seq":2', '"seq":#')],
  ['rev of the row', JSON.stringify(created()).replace('"seq":2,"rev":2', '"seq":2,"rev":#')],
  ['urev', `{"type":"block.changed","data":{"urev":#,"userId":"${bobId}","blocked":true}}`],
  ['upTo', `{"type":"conversation.changes","data":{"conversationId":"${conversationId}","from":0,"upTo":#,"rows":[]}}`],
  ['from', `{"type":"user.changes","data":{"from":#,"upTo":99,"rows":[]}}`],
  [
    'readSeq',
    `{"type":"receipt.changed","data":{"conversationId":"${conversationId}","userId":"${bobId}","readSeq":#,"deliveredSeq":1}}`,
  ],
  ['afterMs', '{"type":"goaway","data":{"afterMs":#}}'],
].map(([name, frame]) => ({
  name: `${name} that is none`,
  ...texts(...noCounters.slice(0, 9).map((number) => frame!.replace('#', number))),
}));

const shapes: readonly HostileRow[] = [
  ['no message', { ...created().data, message: undefined }],
  ['a message that is null', { ...created().data, message: null }],
  ['a message that is a list', { ...created().data, message: [messageRow()] }],
  ['no conversation', { ...created().data, conversationId: undefined }],
  ['a conversation that is no id', { ...created().data, conversationId: 'general' }],
  ['a conversation of a mile', { ...created().data, conversationId: 'a'.repeat(100_000) }],
  ['a conversation that is a number', { ...created().data, conversationId: 7 }],
  ['a sender that is an object', { ...created().data, message: messageRow({ senderId: { toString: 'x' } }) }],
  ['content that is a number', { ...created().data, message: messageRow({ content: 7 }) }],
  ['content that is a list', { ...created().data, message: messageRow({ content: ['x'] }) }],
  ['an instant that is none', { ...created().data, message: messageRow({ sentAt: 'yesterday' }) }],
  ['an instant that never was', { ...created().data, message: messageRow({ sentAt: '2026-02-30T25:61:00.000Z' }) }],
  ['an instant that is a number', { ...created().data, message: messageRow({ sentAt: 8e15 }) }],
  ['a type that is a list', { ...created().data, message: messageRow({ type: ['text'] }) }],
].map(([name, data]) => ({
  name: `message.created with ${name as string}`,
  ...says({ type: 'message.created', data }),
}));

const otherShapes: readonly HostileRow[] = [
  {
    name: 'members that are no list',
    ...says({ type: 'member.added', data: { conversationId, rev: 2, members: {}, message: messageRow() } }),
  },
  {
    name: 'members that are null',
    ...says({ type: 'member.added', data: { conversationId, rev: 2, members: [null], message: messageRow() } }),
  },
  {
    name: 'a conversation without flags',
    ...says({ type: 'conversation.changed', data: { conversationId, rev: 2, conversation: { id: conversationId } } }),
  },
  {
    name: 'repairs of rows that are none',
    ...says(
      ...[[null], [7], ['x'], [[]], [{}], [{ kind: 'message' }], [{ kind: 'message', message: {} }], {}, null].map(
        (rows) => ({ type: 'conversation.changes', data: { conversationId, from: 1, upTo: 2, rows } }),
      ),
    ),
  },
  {
    name: 'repairs of one’s own that are none',
    ...says(
      ...[[null], [{ kind: 'membership' }], [{ kind: 'block', userId: 7 }], [{ kind: 'profile', displayName: {} }]].map(
        (rows) => ({ type: 'user.changes', data: { from: 12, upTo: 13, rows } }),
      ),
    ),
  },
  {
    name: 'a membership without unread',
    ...says({ type: 'membership.changed', data: { urev: 13, membership: { conversationId, urev: 13, member: true } } }),
  },
  {
    name: 'a membership that counts in words',
    ...says({
      type: 'membership.changed',
      data: {
        urev: 13,
        membership: { conversationId, urev: 13, member: 'yes', firstSeq: 1, readSeq: 1, unread: 'many', archived: 0 },
      },
    }),
  },
  { name: 'a profile without a name', ...says({ type: 'profile.changed', data: { urev: 13 } }) },
];

/** Of the right shape, and about nothing. What is not held is none of one's business. */
const nonsense: readonly HostileRow[] = [
  {
    name: 'a message of a conversation that nobody has',
    ...says(created({ conversationId: otherConversationId })),
    heard: ['message.created'],
  },
  { name: 'a rev far ahead', ...says(created({ rev: Number.MAX_SAFE_INTEGER })), heard: ['message.created'] },
  {
    name: 'a rev from the past',
    ...says(created({ rev: 0 }), created({ rev: 1 })),
    heard: ['message.created', 'message.created'],
  },
  {
    name: 'a repair that ends before it begins',
    ...says({ type: 'conversation.changes', data: { conversationId, from: 9, upTo: 0, rows: [] } }),
    heard: ['conversation.changes'],
  },
  {
    name: 'a urev far ahead',
    ...says({ type: 'profile.changed', data: { urev: Number.MAX_SAFE_INTEGER, displayName: 'Mallory' } }),
    heard: ['profile.changed'],
  },
  {
    name: 'a receipt of the future by a stranger',
    ...says({
      type: 'receipt.changed',
      data: { conversationId: otherConversationId, userId: annId, readSeq: 9e15, deliveredSeq: 9e15 },
    }),
    heard: ['receipt.changed'],
  },
  {
    name: 'unknown events that count',
    ...says(
      { type: 'reaction.added', data: { conversationId: otherConversationId, rev: 2 } },
      { type: 'badge.changed', data: { urev: 9 } },
    ),
    heard: ['conversation.changes', 'user.changes'],
  },
];

const floods: readonly HostileRow[] = [
  { name: 'ten thousand malformed frames', live: (c) => Array.from({ length: 10_000 }, () => c.text('{')) },
  { name: 'ten malformed frames', ...texts(...Array.from({ length: 10 }, () => '!')) },
  {
    name: 'twenty thousand unknown events',
    ...texts(...Array.from({ length: 20_000 }, () => '{"type":"x","data":{}}')),
  },
  {
    name: 'ten thousand replies to nobody',
    ...texts(...Array.from({ length: 10_000 }, (_, i) => `{"id":${50_000 + i},"ok":true,"data":{}}`)),
  },
  {
    name: 'two thousand pings',
    live: (c) => Array.from({ length: 2_000 }, () => c.frame(OPCODE.ping, 'x')),
    survives: true,
  },
  {
    name: 'a storm of goaway',
    live: (c) => Array.from({ length: 500 }, () => c.says({ type: 'goaway', data: { afterMs: 0 } })),
    heard: Array.from({ length: 500 }, () => 'goaway'),
  },
  {
    name: 'goaway on one connection after the other',
    next: [
      ...Array.from({ length: 4 }, () => ({
        frame: (c: ScriptedConnection, { type }: { type: string }) =>
          type === 'auth' &&
          (c.says({ id: 1, ok: true, data: welcome() }), c.says({ type: 'goaway', data: { afterMs: 0 } }), true),
      })),
      {}, // the last of them is left for one that is treated well
    ],
    heard: ['goaway', 'goaway', 'goaway', 'goaway'],
  },
];

const bytes: readonly HostileRow[] = [
  { name: 'a binary frame', live: (c) => c.frame(OPCODE.binary, JSON.stringify(created())), survives: true },
  { name: 'an empty binary frame', live: (c) => c.frame(OPCODE.binary), survives: true },
  { name: 'a text that is no UTF-8', live: (c) => c.text(Buffer.from([0x22, 0xff, 0xfe, 0x22])) },
  {
    name: 'half a frame and the end',
    live: (c) => (c.raw(rawFrame(OPCODE.text, 'x'.repeat(100), { masked: false }).subarray(0, 40)), c.tcp.end()),
  },
  {
    name: 'half a frame and silence',
    live: (c) => c.raw(rawFrame(OPCODE.text, 'x'.repeat(100), { masked: false }).subarray(0, 40)),
  },
  {
    name: 'half a message and another one',
    live: (c) => (c.frame(OPCODE.text, '{"type":', { fin: false }), c.text('{}')),
  },
  {
    name: 'a message in a hundred pieces that is none',
    live: (c) => (
      c.frame(OPCODE.text, '{', { fin: false }),
      Array.from({ length: 98 }, () => c.frame(OPCODE.continuation, ' ', { fin: false })),
      c.frame(OPCODE.continuation, '!')
    ),
    survives: true,
  },
  { name: 'a piece of nothing', live: (c) => c.frame(OPCODE.continuation, 'x') },
  { name: 'a masked frame', live: (c) => c.raw(rawFrame(OPCODE.text, '{}')) },
  { name: 'a reserved opcode', live: (c) => c.frame(3, 'x') },
  { name: 'a reserved bit', live: (c) => c.frame(OPCODE.text, '{}', { rsv: 4 }) },
  { name: 'a ping that is too long', live: (c) => c.frame(OPCODE.ping, 'x'.repeat(200)) },
  {
    name: 'a frame that claims to be of 2^62 bytes',
    live: (c) => c.raw(rawFrame(OPCODE.text, 'x', { masked: false, declaredLength: 2n ** 62n })),
  },
  { name: 'a close of one byte', live: (c) => (c.frame(OPCODE.close, Buffer.from([3])), c.tcp.end()) },
  { name: 'HTTP in the middle', live: (c) => (c.raw('HTTP/1.1 200 OK\r\n\r\n'), c.tcp.end()) },
  { name: 'a reset', live: (c) => void c.tcp.resetAndDestroy() },
  {
    name: 'a compressed mebibyte that was never agreed on',
    live: (c) => c.frame(OPCODE.text, deflateRawSync(Buffer.alloc(1_048_576)), { rsv: 4 }),
  },
  {
    name: 'sixteen mebibytes of air',
    next: [
      {
        upgrade: (c) => (
          c.upgrade({
            headers: ['Sec-WebSocket-Protocol: tertulia.v1', 'Sec-WebSocket-Extensions: permessage-deflate'],
          }),
          c.frame(OPCODE.text, deflateRawSync(Buffer.alloc(16_777_216, 0x20)), { rsv: 4 })
        ),
        frame: (c) => (c.tcp.end(), true),
      },
    ],
  },
];

const codes: readonly HostileRow[] = [
  ...[1000, 1001, 1005, 1006, 1012, 1015, 999, 0, 3000, 4000, 4408, 4413, 4429, 4450, 4499, 5000, 65_535].map(
    (code) => ({ name: `closed with ${code}`, live: (c: ScriptedConnection) => c.close(code) }),
  ),
  ...(
    [
      [4500, 'refused'],
      [4502, 'revoked'],
      [4503, 'too_many_connections'],
      [4504, 'unsupported'],
      [4777, 'refused'],
    ] as const
  ).map(([code, stop]) => ({ name: `closed with ${code}`, live: (c: ScriptedConnection) => c.close(code), stop })),
  ...[4410, 4501].map((code) => ({ name: `closed with ${code}`, live: (c: ScriptedConnection) => c.close(code) })),
  {
    name: 'closed with 4410 and 4501 again and again',
    next: [4410, 4501].map((code) => ({ opened: (c) => c.close(code) })),
    stop: 'signed_out',
  },
  ...[1000, 1012, 4429].map((code) => ({
    name: `closed with ${code} before auth is answered`,
    next: [{ frame: (c: ScriptedConnection) => (c.close(code), true) }],
  })),
];

const http: readonly HostileRow[] = [
  ...[
    '400 Bad Request',
    '403 Forbidden',
    '404 Not Found',
    '429 Too Many Requests',
    '500 Oops',
    '503 Service Unavailable',
    '200 OK',
    '204 No Content',
  ].map((status) => ({
    name: `${status} to the upgrade`,
    next: [{ upgrade: (c: ScriptedConnection) => c.http(status, ['Retry-After: 1'], '<html></html>') }],
  })),
  {
    name: 'a redirection of the upgrade',
    next: [{ upgrade: (c) => c.http('302 Found', ['Location: ws://127.0.0.1:1/']) }],
  },
  { name: 'a 101 without proof', next: [{ upgrade: (c) => c.upgrade({ accept: '' }) }] },
  {
    name: 'a 101 with a wrong proof',
    next: [{ upgrade: (c) => c.upgrade({ accept: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }) }],
  },
  {
    name: 'a 101 for another sub-protocol',
    next: [{ upgrade: (c) => c.upgrade({ headers: ['Sec-WebSocket-Protocol: tertulia.v1.msgpack'] }) }],
  },
  { name: 'a 101 for no sub-protocol', next: [{ upgrade: (c) => c.upgrade({ headers: [] }) }] },
  {
    name: 'a 101 with an extension that nobody asked for',
    next: [
      {
        upgrade: (c) =>
          c.upgrade({ headers: ['Sec-WebSocket-Protocol: tertulia.v1', 'Sec-WebSocket-Extensions: x-evil'] }),
      },
    ],
  },
  { name: 'no HTTP at all', next: [{ upgrade: (c) => (c.raw('SSH-2.0-OpenSSH_9.2\r\n'), c.tcp.end()) }] },
  {
    name: 'an answer to the upgrade that breaks off',
    next: [{ upgrade: (c) => (c.raw('HTTP/1.1 101 Switching'), c.tcp.destroy()) }],
  },
  {
    name: 'headers without end',
    next: [{ upgrade: (c) => c.raw(`HTTP/1.1 101 Switching Protocols\r\n${'X: y\r\n'.repeat(20_000)}`) }],
  },
  { name: 'no answer to the upgrade', next: [{ upgrade: () => {} }] },
];

const auths: readonly HostileRow[] = [
  { name: 'auth without an answer', next: [{ frame: () => true }] },
  ...[
    {},
    { userId: 7 },
    { userId: 'ann' },
    { epoch: null },
    { epoch: '' },
    { epoch: 'x'.repeat(500_000) },
    { urev: -1 },
    { urev: 1.5 },
    { urev: '12' },
  ].map((over) => ({
    name: `a welcome with ${JSON.stringify(over).slice(0, 40)}`,
    next: [
      {
        frame: (c: ScriptedConnection, { id }: { id: number }) => (
          c.says({ id, ok: true, data: Object.keys(over).length > 0 ? welcome(over) : {} }), true
        ),
      },
    ],
  })),
  ...[
    { limits: null },
    { limits: { inFlight: 0, frameBytes: -1 } },
    { timings: { pingMs: 0 } },
    { timings: { pingMs: 1e308 } },
    { expiresAt: -5, serverTime: 'now' },
    { featureLevel: [] },
  ].map((over) => ({
    name: `a welcome with absurd ${JSON.stringify(over)}`,
    next: [
      {
        frame: (c: ScriptedConnection, { id, type }: { id: number; type: string }) =>
          type === 'auth' && (c.says({ id, ok: true, data: welcome(over) }), (c.known = true)),
      },
    ],
  })),
  {
    name: 'the answer to auth twice',
    next: [
      {
        frame: (c, { id, type }) =>
          type === 'auth' &&
          (c.says({ id, ok: true, data: welcome() }),
          c.says({ id, ok: true, data: welcome({ userId: bobId }) }),
          (c.known = true)),
      },
    ],
  },
  {
    name: 'events before auth is answered',
    next: [{ opened: (c) => (c.says(created()), c.says({ type: 'goaway', data: { afterMs: 0 } })) }],
  },
  {
    name: 'somebody else’s welcome',
    next: [{ frame: (c, { id }) => (c.says({ id, ok: true, data: welcome({ userId: bobId }) }), true) }],
    stop: 'signed_out',
  },
  ...['rate_limited', 'unavailable', 'internal', 'no_such_code', 7].map((code) => ({
    name: `auth refused with ${code} and the socket left open`,
    next: [
      {
        frame: (c: ScriptedConnection, { id }: { id: number }) => (
          c.says({ id, ok: false, error: { code, message: {}, retryAfterMs: -1 } }), true
        ),
      },
    ],
  })),
];

const replies: readonly HostileRow[] = [
  ['conversation.list', { conversations: [null] }],
  ['conversation.list', { conversations: 'none' }],
  ['sync', {}],
  ['sync', { epoch: 7, reset: 'no', conversations: [], caughtUp: true }],
  [
    'sync',
    {
      epoch: '7d1c0e5a',
      reset: false,
      conversations: [{ id: conversationId, upTo: -1, rows: [], more: false }],
      caughtUp: true,
    },
  ],
  [
    'sync',
    {
      epoch: '7d1c0e5a',
      reset: false,
      conversations: [{ id: conversationId, upTo: 9, rows: [{ kind: 'message', message: {} }], more: false }],
      caughtUp: true,
    },
  ],
  ['sync', []],
  ['sync', 'rows'],
].map(([type, data]) => ({
  name: `${type as string} answered with ${JSON.stringify(data).slice(0, 160)}`,
  next: [
    {
      frame: (c: ScriptedConnection, frame: { id: number; type: string }) =>
        frame.type === type && (c.says({ id: frame.id, ok: true, data }), true),
    },
  ],
}));

export const hostileRows: readonly HostileRow[] = [
  ...[...notJson, ...noFrame, ...noReply, ...large, ...prototypes, ...counters, ...shapes, ...otherShapes, ...nonsense],
  ...[...floods, ...bytes, ...codes, ...http, ...auths, ...replies],
];

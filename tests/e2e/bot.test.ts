import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, createClient } from '../../clients/sdk/src/index.ts';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';

const root = join(import.meta.dirname, '../..');
const bot = { handle: 'dice', password: 'a password of a bot' };
/** A process of its own, on a machine that does much else. */
const ANSWERS_MS = 30_000;

let server: RunningServer;
let folder: string;
let botUser: TestUser;
let ann: Client;
let running: ChildProcess | undefined;

beforeAll(async () => {
  server = await RunningServer.start();
  folder = await mkdtemp(join(tmpdir(), 'bot-'));
  botUser = await server.aRegisteredUser(bot.handle, bot.password);
  ann = createClient({ url: server.http, auth: (await server.aUser('Ann')).token });
  ann.start();
  await ann.ready;
});
afterAll(async () => {
  ann.close();
  await kill();
  await rm(folder, { recursive: true });
});

/** The example as it stands, in a process of its own. */
const start = (): void => {
  const { PATH = '' } = process.env;
  running = spawn(process.execPath, ['--import', 'tsx', 'examples/bot.ts'], {
    cwd: root,
    env: {
      ...{ PATH, SERVER: server.http, HANDLE: bot.handle, PASSWORD: bot.password },
      OUTBOX: join(folder, 'outbox'),
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
};
const kill = async (): Promise<void> => {
  const child = running;
  running = undefined;
  if (!child || child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
};

/** What the bot has written there, the oldest first. */
const answersIn = (conversationId: string): readonly string[] =>
  ann.conversations
    .get(conversationId)!
    .messages.messages.filter(({ senderId }) => senderId === botUser.userId)
    .map(({ text = '' }) => text);

it('answers whoever asks, privately and in a group that it was added to', async () => {
  const privately = await ann.conversations.with(botUser.userId);
  await privately.open();
  await privately.send('!roll 2d6');
  start();
  const [rolled] = await eventually(
    () => {
      const answers = answersIn(privately.id);
      return answers.length > 0 && answers;
    },
    'it answers what was asked before it came',
    ANSWERS_MS,
  );
  const [, one, other, sum] = /^2d6: ([1-6]) \+ ([1-6]) = (\d+)$/.exec(rolled!) ?? []; // there is one
  expect(Number(one) + Number(other)).toBe(Number(sum));

  const group = await ann.conversations.create({ title: 'Dice', members: [] });
  await group.open();
  await group.addMembers([botUser.userId]);
  await group.send('just talk');
  await group.send('!echo  Привет,\nмир ');
  await eventually(() => answersIn(group.id).includes(' Привет,\nмир '), 'it answers in the group', ANSWERS_MS);
  expect(answersIn(privately.id)).toHaveLength(1);
});

it('answers each question exactly once, however often it is killed while it answers', async () => {
  const talk = await ann.conversations.with(botUser.userId);
  await talk.open();
  const before = answersIn(talk.id).length;
  const asked: string[] = [];
  const ask = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      asked.push(`question ${asked.length}`);
      await talk.send(`!echo ${asked.at(-1)}`);
    }
  };
  for (const killAfter of [1, 7, 15]) {
    const answered = answersIn(talk.id).length;
    if (!running) start();
    await ask(20);
    await eventually(() => answersIn(talk.id).length >= answered + killAfter, 'it begins to answer', ANSWERS_MS);
    await kill();
    await ask(5);
  }
  start();
  await ask(1);
  await eventually(() => answersIn(talk.id).at(-1) === asked.at(-1), 'it has answered the last', ANSWERS_MS);
  expect(answersIn(talk.id).slice(before)).toEqual(asked);
  await kill();
  start();
  await ask(1);
  await eventually(() => answersIn(talk.id).at(-1) === asked.at(-1), 'it goes on', ANSWERS_MS);
  expect(answersIn(talk.id).slice(before)).toEqual(asked);
}, 240_000);

import { createHash } from 'node:crypto';
import { type Conversation, createClient, type MessageView, signIn } from '@tertulia/client';
import { fileOutbox } from '@tertulia/client/node';

// Rolls dice and says things back wherever it is added: `!roll 2d6`, `!echo hello`. Kill it and start it again: what was
// asked meanwhile is answered, and nothing twice, because the answer follows from the question alone, and so does its id.
const { SERVER: url = 'http://127.0.0.1:8301', HANDLE: login = '', PASSWORD: password = '', OUTBOX } = process.env;
const auth = await signIn({ url, login, password, device: { name: 'bot' } });
const client = createClient({ url, auth, outbox: fileOutbox(OUTBOX ?? 'bot.outbox') });

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const answerTo = ({ id, text = '' }: MessageView): string | undefined => {
  const [, count, sides] = /^!roll ([1-9]\d?)d([1-9]\d{0,3})$/.exec(text) ?? [];
  if (sides === undefined) return /^!echo ([^]*\S[^]*)/.exec(text)?.[1];
  const roll = (_: unknown, i: number): number => 1 + (digest(`${id} ${i}`).readUInt32BE() % Number(sides));
  const dice = Array.from({ length: Number(count) }, roll);
  return `${count}d${sides}: ${dice.join(' + ')} = ${dice.reduce((sum, one) => sum + one, 0)}`;
};
const answer = async (conversation: Conversation, question: MessageView): Promise<void> => {
  const text = question.mine ? undefined : answerTo(question);
  if (text !== undefined) {
    const hash = digest(`${conversation.id} ${question.id}`).toString('hex');
    const id = `${question.id.slice(0, 14)}7${hash.slice(0, 3)}-8${hash.slice(3, 6)}-${hash.slice(6, 18)}`;
    await conversation.send(text, { id });
    conversation.sent(id).catch(() => conversation.discard(id)); // removed, or blocked
  }
  conversation.markRead(question.seq); // it is in the outbox: this far it is done
};
client.subscribe(() => client.stopped && process.exit(1));
const incoming = client.messages(); // from here on nothing is missed, while we look at what was
client.start();
while (!client.conversations.loaded) await new Promise<void>((resolve) => client.conversations.subscribe(resolve));
for (const conversation of client.conversations.all.filter(({ view }) => view.unread.count > 0)) {
  const { readSeq } = conversation.view;
  await conversation.open().then(() => conversation.loadBackTo(readSeq + 1));
  for (const one of conversation.messages.messages) if ((one.seq ?? 0) > readSeq) await answer(conversation, one);
  conversation.close();
}
for await (const { conversation, message } of incoming) await answer(conversation, message);

import { CONVERSATION_READER, start } from 'tertulia';
import { Activity, ShowActivity } from './activity.ts';
import { conversationActivity } from './conversation-activity.ts';

const activity = new Activity();
const server = await start({
  settings: process.env,
  listen: (events) => events.on('message.sent', activity.hear),
  commands: (c) => [conversationActivity(new ShowActivity(activity, c.resolve(CONVERSATION_READER)))],
});
process.stdout.write(`listening on ${server.host}:${server.port}\n`);
process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));

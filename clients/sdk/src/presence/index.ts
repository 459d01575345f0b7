import type { Client } from '../client.ts';
import { realSurroundings } from '../link/surroundings.ts';
import { LivePresence } from './live-presence.ts';
import type { Presence } from './presence.ts';

/** Who is there and who types, over the connection of a client. One for each client. */
export const presenceOf = (client: Client): Presence => new LivePresence(client, realSurroundings);

export { followPage } from './page.ts';
export type { Presence, PresenceView } from './presence.ts';

import { eventually } from './raw-socket.ts';
import type { ClientEvent, WsClient } from './ws-client.ts';

/** An event as tests read it. */
interface Told {
  readonly conversationId?: string;
  readonly rev?: number;
  readonly urev?: number;
  readonly seq?: number;
  readonly message?: { readonly id: string; readonly seq: number; readonly rev: number; readonly content?: unknown };
  readonly members?: readonly { readonly userId: string; readonly role: string; readonly left?: true }[];
  readonly conversation?: { readonly title?: string };
  readonly membership?: { readonly conversationId: string; readonly member: boolean; readonly firstSeq: number };
}

const told = ({ data }: ClientEvent): Told => data as Told;

/** What a connection has heard of a conversation, `rev` by `rev`, as `type rev`. */
export const heardOf = (client: WsClient, conversationId: string): readonly string[] =>
  client.events
    .filter((event) => told(event).conversationId === conversationId && told(event).rev !== undefined)
    .map((event) => `${event.type} ${told(event).rev}`);

/** The words that a connection was told of a conversation, in order of arrival. */
export const wordsOf = (client: WsClient, conversationId: string): readonly unknown[] =>
  client.events.flatMap((event) => {
    const { conversationId: id, message } = told(event);
    return id === conversationId && message ? [message.content] : [];
  });

export const eventOf = async (client: WsClient, type: string, conversationId: string, rev?: number): Promise<Told> =>
  told(
    await eventually(
      () =>
        client.events.find(
          (event) =>
            event.type === type &&
            [told(event).conversationId, told(event).membership?.conversationId].includes(conversationId) &&
            (rev === undefined || told(event).rev === rev),
        ),
      `${type} ${rev ?? ''} of ${conversationId}; there came ${client.events.map(({ type: t, data }) => `${t} ${String(data['rev'] ?? data['urev'])}`).join(', ')}`,
    ),
  );

/**
 * Everything that was published before this is on its way has arrived: frames of a connection keep their order, and the
 * node fans out in the order of commits. For showing that something did *not* come.
 */
export const flushed = async (...clients: readonly WsClient[]): Promise<void> => {
  // Twice: the first answer may overtake what the bus and the gate still hold in this turn of their loop.
  for (const _round of [1, 2]) await Promise.all(clients.map((client) => client.call('ping')));
};

import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../app/client.ts';

/** The oldest are forgotten. */
const MOST = 50;

/** The conversations with a new message that nobody's eye was drawn to yet, and which message it is. */
export const useFlashes = () => {
  const client = useClient();
  const [flashes, setFlashes] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(
    () =>
      client.on('message', ({ conversation, message }) =>
        setFlashes((before) => {
          const others = [...before].filter(([id]) => id !== conversation.id);
          return new Map([...others, [conversation.id, message.id] as const].slice(-MOST));
        }),
      ),
    [client],
  );
  const done = useCallback(
    (conversationId: string) => setFlashes((before) => new Map([...before].filter(([id]) => id !== conversationId))),
    [],
  );
  return { flashes, done };
};

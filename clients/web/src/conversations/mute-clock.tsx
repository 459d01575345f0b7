import type { Conversations, ConversationView } from '@tertulia/client';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { useClient } from '../app/client.ts';
import { useWatched } from '../ui/use-watched.ts';
import { isMuted } from './is-muted.ts';

/** Timers stand still while the machine sleeps, and may be late in a tab that nobody sees. */
const LOOK_AGAIN_MS = 60_000;

/** When the next mute ends: another one, once it has. */
const NextEnd = createContext<number | undefined>(undefined);

/** Renders anew whatever asks whether a conversation is muted when the next mute ends, for nobody else tells of it. */
export const MuteClock = ({ children }: { children: ReactNode }) => {
  const next = useWatched(useClient().conversations, nextEnd);
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    if (next === undefined) return;
    const timer = setTimeout(() => setLooks(looks + 1), Math.min(next - Date.now(), LOOK_AGAIN_MS));
    return () => clearTimeout(timer);
  }, [next, looks]);
  return <NextEnd value={next}>{children}</NextEnd>;
};

/** To be asked by whatever shows something that is other while a conversation is muted. */
export const useMuteEnds = (): number | undefined => use(NextEnd);

export const useMuted = (view: ConversationView): boolean => {
  useMuteEnds();
  return isMuted(view);
};

const nextEnd = ({ all }: Conversations): number | undefined => {
  let next: number | undefined;
  for (const { view } of all) {
    const end = isMuted(view) ? view.mutedUntil?.getTime() : undefined;
    if (end !== undefined && end < (next ?? Infinity)) next = end;
  }
  return next;
};

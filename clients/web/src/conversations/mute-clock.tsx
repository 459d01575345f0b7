import type { Conversations, ConversationView } from '@tertulia/client';
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { useClient } from '../app/client.ts';
import { useWatched } from '../ui/use-watched.ts';
import { isMuted } from './is-muted.ts';

/** A timer further ahead than 24 days fires at once. */
const LONGEST_MS = 86_400_000;

/** How many mutes have ended since the page was loaded. */
const Ended = createContext(0);

/** Renders anew whatever asks whether a conversation is muted when the next mute ends, for nobody else tells of it. */
export const MuteClock = ({ children }: { children: ReactNode }) => {
  const next = useWatched(useClient().conversations, nextEnd);
  const [ended, setEnded] = useState(0);
  useEffect(() => {
    if (next === undefined) return;
    const timer = setTimeout(() => setEnded(ended + 1), Math.min(next - Date.now(), LONGEST_MS));
    return () => clearTimeout(timer);
  }, [next, ended]);
  return <Ended value={ended}>{children}</Ended>;
};

/** To be asked by whatever shows something that is other while a conversation is muted. */
export const useMuteEnds = (): number => use(Ended);

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

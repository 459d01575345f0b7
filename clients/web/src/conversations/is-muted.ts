import type { ConversationView } from '@tertulia/client';

export const isMuted = ({ mutedUntil }: ConversationView): boolean =>
  mutedUntil !== undefined && mutedUntil.getTime() > Date.now();

/** Further away than this stands for “until I turn it on again”. */
export const MUTED_FOR_EVER = new Date('9999-12-31T00:00:00Z');
export const isMutedForEver = ({ mutedUntil }: ConversationView): boolean =>
  mutedUntil !== undefined && mutedUntil.getUTCFullYear() >= 9000;

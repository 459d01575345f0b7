import type { Observable } from '@tertulia/client';
import { useCallback, useSyncExternalStore } from 'react';

/** What `read` finds, kept current. It must find the same object until something changes. */
export const useWatched = <S extends Observable, T>(source: S, read: (source: S) => T): T => {
  const subscribe = useCallback((changed: () => void) => source.subscribe(changed), [source]);
  return useSyncExternalStore(subscribe, () => read(source));
};

/** For what is computed from many parts of a source: rendered again on each of its changes. */
export const useChanges = (source: Observable): number => {
  const count = versions.get(source) ?? { now: 0 };
  versions.set(source, count);
  const subscribe = useCallback(
    (changed: () => void) =>
      source.subscribe(() => {
        count.now++;
        changed();
      }),
    [source, count],
  );
  return useSyncExternalStore(subscribe, () => count.now);
};

const versions = new WeakMap<Observable, { now: number }>();

import { type ComponentType, lazy } from 'react';

const parts: (() => Promise<unknown>)[] = [];

/** A part of the page that the first load leaves out. */
export const later = <P extends object>(load: () => Promise<ComponentType<P>>) => {
  let loading: Promise<{ readonly default: ComponentType<P> }> | undefined;
  const once = () =>
    (loading ??= load().then(
      (part) => ({ default: part }),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    ));
  parts.push(once);
  return lazy(once);
};

/** Fetches what the first load has left out, while there is a network: when it is opened there may be none. */
export const fetchLater = async (): Promise<void> => {
  await Promise.allSettled(parts.map((fetch) => fetch()));
};

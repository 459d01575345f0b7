import type { Observable } from '@tertulia/client';
import type { MouseEvent } from 'react';
import { pathOf, type Place, placeOf } from './place.ts';

const listeners = new Set<() => void>();
let present: Place = placeOf(location.pathname);

const show = (place: Place): void => {
  present = place;
  for (const listener of listeners) listener();
};

/** Over the browser's history. */
export const router: Observable & {
  readonly place: Place;
  go(place: Place, how?: 'push' | 'replace'): void;
  /** Leaves a place inwards of `outer`: back in history if one came from there, so that history doesn't grow. */
  leaveTo(outer: Place): void;
} = {
  get place() {
    return present;
  },
  go(place, how = 'push') {
    const path = pathOf(place);
    if (path === location.pathname) return;
    if (how === 'push') history.pushState({ from: location.pathname }, '', path);
    else history.replaceState(history.state, '', path);
    show(place);
  },
  leaveTo(outer) {
    const state: unknown = history.state;
    const from = typeof state === 'object' && state !== null && 'from' in state ? state.from : undefined;
    if (from === pathOf(outer)) history.back();
    else this.go(outer, 'replace');
  },
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

addEventListener('popstate', () => show(placeOf(location.pathname)));

/** A link within the app; with a modifier the browser opens its own tab. */
export const linkTo = (place: Place) => ({
  href: pathOf(place),
  onClick: (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    router.go(place);
  },
});

import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react';
import type { Row } from './rows.ts';

/** One message takes part in the order of Tab, the newest at first; the arrow keys move it. */
export const useRoving = (
  rows: readonly Row[],
  show: (index: number) => void,
  scroller: RefObject<HTMLElement | null>,
) => {
  const [chosen, setChosen] = useState<string>();
  const wanted = useRef<string>(undefined);
  const found = chosen === undefined ? -1 : rows.findIndex(({ message }) => message.id === chosen);
  const active = found < 0 ? rows.length - 1 : found;
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    scroller.current?.querySelector<HTMLElement>(`[data-message="${wanted.current}"]`)?.focus({ preventScroll: true });
    wanted.current = undefined;
  });
  const keys = (event: KeyboardEvent) => {
    const to = { ArrowUp: active - 1, ArrowDown: active + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = rows[to];
    event.preventDefault();
    if (!next) return;
    wanted.current = next.message.id;
    setChosen(next.message.id);
    show(to);
  };
  return { active, keys };
};

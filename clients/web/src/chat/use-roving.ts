import { type KeyboardEvent, type RefObject, useLayoutEffect, useState } from 'react';
import { focusWhenShown } from '../ui/focus-when-shown.ts';
import type { Row } from './rows.ts';

/** One message takes part in the order of Tab, the newest at first; the arrow keys move it. */
export const useRoving = (
  rows: readonly Row[],
  show: (index: number) => void,
  scroller: RefObject<HTMLElement | null>,
) => {
  /** Another object with each key. */
  const [chosen, setChosen] = useState<{ readonly id: string }>();
  const found = chosen === undefined ? -1 : rows.findIndex(({ message }) => message.id === chosen.id);
  const active = found < 0 ? rows.length - 1 : found;
  useLayoutEffect(() => {
    if (!chosen) return;
    return focusWhenShown(() => scroller.current?.querySelector<HTMLElement>(`[data-message="${chosen.id}"]`));
  }, [chosen, scroller]);
  const keys = (event: KeyboardEvent) => {
    const to = { ArrowUp: active - 1, ArrowDown: active + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = rows[to];
    event.preventDefault();
    if (!next) return;
    setChosen({ id: next.message.id });
    show(to);
  };
  return { active, keys };
};

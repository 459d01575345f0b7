import { type FocusEvent, type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react';

/**
 * The arrow keys lead from row to row, though most rows are not in the page. What has the focus has to stay in it.
 * @param show brings a row into view
 */
export const useSteps = (
  ids: readonly string[],
  scroller: RefObject<HTMLElement | null>,
  show: (id: string) => void,
) => {
  const [focused, setFocused] = useState<string>();
  const wanted = useRef<string>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-conversation="${wanted.current}"]`);
    row?.focus({ preventScroll: true });
    wanted.current = undefined;
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (focused === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const now = ids.indexOf(focused);
    const next = { ArrowUp: ids[now - 1], ArrowDown: ids[now + 1], Home: ids[0], End: ids.at(-1) }[event.key];
    if (now < 0 || next === undefined) return;
    event.preventDefault();
    wanted.current = next;
    setFocused(next);
    show(next);
  };
  const onFocus = ({ target }: FocusEvent<HTMLElement>) => setFocused(target.dataset['conversation']);
  const onBlur = () => setFocused(undefined);
  return { focused, events: { onKeyDown, onFocus, onBlur } };
};

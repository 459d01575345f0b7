/** A list has measured a new row long before. */
const MOST_FRAMES = 60;

/** Gives the focus to an element that may still be hidden, which takes none. Returns how to give up. */
export const focusWhenShown = (find: () => HTMLElement | null | undefined): (() => void) => {
  let frame = 0;
  const give = (left: number) => {
    const element = find();
    element?.focus({ preventScroll: true });
    if (left > 0 && (!element || document.activeElement !== element))
      frame = requestAnimationFrame(() => give(left - 1));
  };
  give(MOST_FRAMES);
  return () => cancelAnimationFrame(frame);
};

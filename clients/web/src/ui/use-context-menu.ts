import { type KeyboardEvent, type MouseEvent, type PointerEvent, type TouchEvent, useEffect, useRef } from 'react';
import type { MenuRequest } from './menu.tsx';

const LONG_PRESS_MS = 500;
const STEADY_PX = 10;

/**
 * The ways to a context menu: right click, the menu key or Shift+F10, and a long press where the browser has no event for
 * it. What is selected, and links, keep the browser's own menu.
 */
export const useContextMenu = (open: (at: MenuRequest['at']) => void) => {
  const press = useRef<{ readonly x: number; readonly y: number; readonly timer: ReturnType<typeof setTimeout> }>(
    undefined,
  );
  const opened = useRef(false);
  const lift = () => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = undefined;
  };
  useEffect(() => lift, []);
  return {
    onContextMenu(event: MouseEvent) {
      if (belongsToBrowser(event.target)) return;
      event.preventDefault();
      lift();
      open({ x: event.clientX, y: event.clientY });
    },
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      if (event.key !== 'ContextMenu' && !(event.key === 'F10' && event.shiftKey)) return;
      event.preventDefault();
      const { left, top, width } = event.currentTarget.getBoundingClientRect();
      open({ x: left + width / 3, y: Math.max(top + 16, 16) });
    },
    onPointerDown({ pointerType, clientX: x, clientY: y }: PointerEvent) {
      if (pointerType !== 'touch') return;
      lift();
      opened.current = false;
      const timer = setTimeout(() => {
        opened.current = true;
        open({ x, y });
      }, LONG_PRESS_MS);
      press.current = { x, y, timer };
    },
    onTouchEnd(event: TouchEvent) {
      // The click that the browser would make of it belongs to nothing under the finger, and would close the menu.
      if (opened.current && event.cancelable) event.preventDefault();
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      if (press.current && Math.hypot(clientX - press.current.x, clientY - press.current.y) > STEADY_PX) lift();
    },
    onPointerUp: lift,
    onPointerCancel: lift,
  };
};

const belongsToBrowser = (target: EventTarget): boolean =>
  !(target instanceof Element) || target.closest('a') !== null || document.getSelection()?.isCollapsed === false;

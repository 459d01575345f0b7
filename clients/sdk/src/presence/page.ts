import type { Presence } from './presence.ts';

/** A page that nobody touches for so long is left. */
const IDLE_MS = 300_000;
/** Somebody who goes on using it is there, whatever another page says that shares the connection. */
const AGAIN_MS = 60_000;
const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/**
 * Says of a page whether somebody is at it: hidden, or untouched for five minutes, it is left. Returns how to stop.
 */
export const followPage = (presence: Presence, page: Window = window, idleMs = IDLE_MS): (() => void) => {
  let away = false;
  let saidAt = page.performance.now();
  let idle = 0;
  const say = (status: 'online' | 'away') => {
    away = status === 'away';
    saidAt = page.performance.now();
    presence.setStatus(status);
  };
  const rest = () => {
    page.clearTimeout(idle);
    idle = page.setTimeout(() => say('away'), idleMs);
  };
  const touched = () => {
    rest();
    if (away || page.performance.now() - saidAt > AGAIN_MS) say('online');
  };
  const turned = () => {
    if (page.document.visibilityState === 'hidden') {
      page.clearTimeout(idle);
      return say('away');
    }
    rest();
    say('online');
    presence.sayAgain();
  };
  for (const touch of TOUCHES) page.addEventListener(touch, touched, { passive: true, capture: true });
  page.document.addEventListener('visibilitychange', turned);
  if (page.document.visibilityState === 'hidden') say('away');
  else rest();
  return () => {
    page.clearTimeout(idle);
    for (const touch of TOUCHES) page.removeEventListener(touch, touched, { capture: true });
    page.document.removeEventListener('visibilitychange', turned);
  };
};

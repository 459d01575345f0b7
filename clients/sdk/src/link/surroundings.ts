/** As much of a WebSocket as the link uses. */
export interface Socket {
  readonly protocol: string;
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** What a link needs of the machine it runs on; tests hand in their own. */
export interface Surroundings {
  readonly WebSocket: new (url: string, protocols: string[]) => Socket;
  /** Runs `work` once, `ms` milliseconds from now; returns how to call it off. */
  after(ms: number, work: () => void): () => void;
  /** Milliseconds that only grow. They may stand still while the machine sleeps. */
  monotonic(): number;
  /** Epoch milliseconds. They may jump, and go on while the machine sleeps. */
  wall(): number;
  /** From 0 up to but not including 1. */
  random(): number;
  /** Tells of what nobody caught, without ending anything. */
  report(error: unknown): void;
  /**
   * Calls back whenever the machine may have slept or changed its network. Absent where nothing tells. Returns how to
   * leave.
   */
  onWake?(awake: () => void): () => void;
}

/** Timers wait at most this long, 24 days; what is longer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}
/** What a page has and Node has not. */
type Page = Target & { readonly document: Target & { readonly visibilityState: string } };

/** A page may have slept when it becomes visible, comes back from the history, or is online again. */
const onWakeOf = (page: Page) => (awake: () => void) => {
  const shown = (): void => {
    if (page.document.visibilityState === 'visible') awake();
  };
  const listening: readonly (readonly [Target, string, () => void])[] = [
    [page.document, 'visibilitychange', shown],
    [page, 'pageshow', shown],
    [page, 'online', awake],
  ];
  for (const [target, type, listener] of listening) target.addEventListener(type, listener);
  return () => {
    for (const [target, type, listener] of listening) target.removeEventListener(type, listener);
  };
};
const here: unknown = globalThis;
const isPage = (value: unknown): value is Page => typeof value === 'object' && value !== null && 'document' in value;

export const realSurroundings: Surroundings = {
  // looked up when it is needed: a page may replace it, and importing this must not demand it
  get WebSocket() {
    return globalThis.WebSocket;
  },
  after: (ms, work) => {
    const timer = setTimeout(work, Math.min(ms, LONGEST_MS));
    return () => clearTimeout(timer);
  },
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  report: (error) => {
    const { reportError } = globalThis as { reportError?: (error: unknown) => void };
    if (reportError) reportError(error);
    else process.emitWarning(error instanceof Error ? error : String(error));
  },
  ...(isPage(here) && { onWake: onWakeOf(here) }),
};

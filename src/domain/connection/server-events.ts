export type ServerStarted = {
  readonly type: 'server.started';
  readonly pid: number;
  readonly address: string;
  readonly node: string;
};
/** After the last socket has drained, before the process ends. */
export type ServerStopped = { readonly type: 'server.stopped'; readonly pid: number; readonly node: string };
export type WorkerStarted = { readonly type: 'worker.started'; readonly pid: number; readonly role: string };
/** Liveness of this process; counted, never stored. */
export type Heartbeat = {
  readonly type: 'server.heartbeat';
  /** How late the event loop came to a timer, in milliseconds. */
  readonly lagMs: number;
  readonly connections: number;
  readonly queued: number;
};
/** A fault in a handler or listener; the process goes on. */
export type ErrorOccurred = { readonly type: 'error.occurred'; readonly correlationId: string; readonly where: string };

export type ServerEvent = ServerStarted | ServerStopped | WorkerStarted | Heartbeat | ErrorOccurred;

/** Later, handed in so that tests and simulations own time. */
export interface Timers {
  /** Runs `work` once after so many milliseconds; what is returned calls it off, and does nothing after that. Doesn't keep the process alive. */
  after(ms: number, work: () => void): () => void;
}

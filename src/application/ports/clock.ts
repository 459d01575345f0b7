/** Time, handed in so that tests own it. What is stored gets the database's time instead. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump, both ways. */
  now(): number;
  /** Milliseconds since some moment in the past; never goes back, and is meaningless in another process. */
  monotonic(): number;
}

/** What is known of the other nodes' way to the database. `unknown`: this node can't hear them either. */
export type Elsewhere = 'answers' | 'silent' | 'unknown';

/** Nodes tell each other, without the database, that it answers them. */
export interface Witnesses {
  /** The database has just answered here. Never throws and never waits. */
  testify(): void;
  /** `answers` when another node has told so within the last few seconds. */
  elsewhere(): Elsewhere;
}

/** Of a node that has nobody to hear. */
export const noWitnesses: Witnesses = { testify: () => {}, elsewhere: () => 'silent' };

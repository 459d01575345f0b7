/** How many sockets come from one address block, on all nodes together. An upgrade can't wait, so it is judged by what was heard last. */
export interface AddressCensus {
  /** Open sockets on other nodes, as last heard; 0 while nothing is. */
  elsewhere(block: string): number;
  /** This node has so many open sockets from there now. Never throws and never waits. */
  count(block: string, sockets: number): void;
}

/** Of a node that is alone. */
export const nobodyElsewhere: AddressCensus = { elsewhere: () => 0, count: () => {} };

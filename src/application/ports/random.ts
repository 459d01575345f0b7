/** The only source of chance; cryptographically strong in production, seeded in simulations. */
export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
  /** A UUIDv7 in canonical lower case. Two calls never give the same one; within a process they ascend. */
  uuid(): string;
}

/** What a frame from the server means to the generator. */
export const Kind = { ack: 0, delivery: 1, ping: 2, other: 3, deliveries: 4 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** One message that somebody was told of. */
export interface Delivery {
  readonly content: string;
  /** As `Dialect.seq`. */
  readonly seq: number;
}

export interface Target {
  readonly conversationId: string;
  readonly sender: number;
  /** Which of the sender's requests in flight, 0 to 99. */
  readonly slot: number;
}

/** One server's language: how a session opens, what a send looks like, how replies and deliveries are told apart by a few bytes. */
export interface Dialect {
  readonly path: string;
  readonly protocol?: string;
  /** Whether a send is answered. If not, only its deliveries count. */
  readonly acks: boolean;
  /** Sent as soon as the WebSocket is up. */
  greeting(token: string): string | undefined;
  /** Reads the frames before the session is open. `open` without a frame means: the upgrade is enough. @throws when refused */
  opening(frame: string | undefined, token: string): { readonly open: boolean; readonly send?: string };
  /** Said now and then by a client that has nothing to say; '' where the server asks instead. */
  readonly keepAlive: string;
  /** The answer to a frame of kind `ping`. */
  readonly pong: string;
  /** The text of a send, with the places of `SLOT` in it. */
  request(target: Target): string;
  kind(buffer: Buffer, start: number, end: number): Kind;
  /** The slot of an ack. @throws when it is a refusal */
  slot(buffer: Buffer, start: number, end: number): number;
  /** The position in the conversation that a delivery states, or 0 where the server has none. */
  seq(buffer: Buffer, start: number, end: number): number;
  /** What a frame of kind `deliveries` tells, the receiver's own messages included; only where there are such frames. */
  deliveries?(frame: string): readonly Delivery[];
}

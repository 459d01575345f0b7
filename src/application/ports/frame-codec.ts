import type { Frame } from './transport.ts';

/** A command as any dialect says it; nothing in it has been judged yet but that it is sound data of bounded depth and size. */
export interface InboundFrame {
  readonly id: unknown;
  readonly type: unknown;
  readonly data: unknown;
  /** Beside the data, where the dialect has them: `trace`, `locale`, `client`. */
  readonly headers?: unknown;
}

export type Decoded = InboundFrame | { readonly malformed: string };

export interface ReplyFrame {
  /** What the request gave; null when it gave none that could be read. */
  readonly id: number | string | null;
  readonly ok: boolean;
  readonly data?: object;
  readonly error?: object;
}

export interface EventFrame {
  readonly type: string;
  readonly data: object;
}

/** A dialect of the protocol, negotiated as sub-protocol at the upgrade. Stateless; one instance serves all sockets. */
export interface FrameCodec {
  /** `tertulia.v1`, … */
  readonly protocol: string;
  /** Whether its frames are binary; a frame of the other kind is refused before it is decoded. */
  readonly binary: boolean;
  /** Never throws; `bytes` is not kept. */
  decode(bytes: Uint8Array): Decoded;
  /** Leaves out undefined fields. */
  encode(frame: ReplyFrame | EventFrame): Frame;
}

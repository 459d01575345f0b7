import { v7 } from 'uuid';
import type { FrameCodec } from '#app/application/ports/frame-codec.ts';
import { EnvelopeCodec } from './envelope-codec.ts';
import { JsonCodec } from './json-codec.ts';
import { MsgpackCodec } from './msgpack-codec.ts';
import { SimpleCodec } from './simple-codec.ts';

/** All dialects; the first is the one of a client that names none. One more is a class and a line here. */
export const codecs = (): readonly FrameCodec[] => [
  new JsonCodec(),
  new MsgpackCodec(),
  new EnvelopeCodec(),
  new SimpleCodec(() => v7()),
];

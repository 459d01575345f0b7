import { decode, encode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { eventually } from './raw-socket.ts';

interface Answer {
  readonly id: unknown;
  readonly ok: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
}
interface Heard {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
type Fields = Readonly<Record<string, unknown>>;

/** How a client of one sub-protocol says things, written from docs/protocol.md alone. */
export interface Dialect {
  readonly protocol: string;
  say(id: number, type: string, data: Fields): string | Uint8Array;
  understand(bytes: Buffer, binary: boolean): Answer | Heard;
}

const json = (bytes: Buffer) => JSON.parse(bytes.toString()) as Fields;

export const dialects: readonly Dialect[] = [
  {
    protocol: 'tertulia.v1',
    say: (id, type, data) => JSON.stringify({ id, type, data }),
    understand: (bytes) => json(bytes) as unknown as Answer | Heard,
  },
  {
    protocol: 'tertulia.v1.msgpack',
    say: (id, type, data) => encode({ id, type, data }),
    understand: (bytes, binary) => {
      if (!binary) throw new Error('MessagePack comes in binary frames');
      return decode(bytes) as Answer | Heard;
    },
  },
  {
    protocol: 'tertulia.v1.envelope',
    say: (id, event, input_data) => JSON.stringify({ event, headers: { id }, input_data }),
    understand: (bytes) => {
      const { event, headers, data, error } = json(bytes) as {
        event: string;
        headers: Fields;
        data?: Fields;
        error?: Fields;
      };
      if (event === 'reply') return { id: headers['id'], ok: true, ...(data && { data }) };
      if (event === 'error') return { id: headers['id'], ok: false, ...(error && { error }) };
      return { type: event, data: data ?? {} };
    },
  },
  {
    protocol: 'tertulia.v1.simple',
    // The frame's `id` is the request's; a message's own has another name.
    say: (id, type, { id: message_id, conversationId: conversation_id, ...data }) =>
      JSON.stringify(
        type === 'message.send' ? { id, type: 'message', message_id, conversation_id, ...data } : { id, type, ...data },
      ),
    understand: (bytes) => {
      const { success, id, data, type, error, ...more } = json(bytes);
      if (success === undefined) return { type: type as string, data: data as Fields };
      if (success) return { id, ok: true, data: data as Fields };
      return { id, ok: false, error: { message: error, ...more } };
    },
  },
];

/** A plain client of any dialect. */
export class DialectClient {
  readonly events: Heard[] = [];
  readonly #answers = new Map<unknown, Answer>();
  #lastId = 0;

  private constructor(
    readonly dialect: Dialect,
    readonly socket: WebSocket,
  ) {
    socket.on('message', (data: Buffer, binary: boolean) => {
      const frame = dialect.understand(data, binary);
      if ('type' in frame) this.events.push(frame);
      else this.#answers.set(frame.id, frame);
    });
  }

  static async connect(url: string, dialect: Dialect): Promise<DialectClient> {
    const socket = new WebSocket(url, [dialect.protocol], { perMessageDeflate: false });
    const client = new DialectClient(dialect, socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  call(type: string, data: Fields): Promise<Answer> {
    const id = ++this.#lastId;
    this.socket.send(this.dialect.say(id, type, data));
    return eventually(() => this.#answers.get(id), `an answer to ${type} in ${this.dialect.protocol}`);
  }

  until(type: string, meant: (data: Fields) => boolean): Promise<Heard> {
    return eventually(
      () => this.events.find((event) => event.type === type && meant(event.data)),
      `${type} in ${this.dialect.protocol}`,
    );
  }
}

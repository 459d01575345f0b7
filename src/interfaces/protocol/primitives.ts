import * as v from 'valibot';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { MAX_TEXT, MessageText } from '#app/domain/chat/message-content.ts';
import { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import { ConversationId, MessageId, SessionId, UserId } from '#app/domain/shared/ids.ts';

/**
 * Lifts a domain constructor into a schema: its refusal becomes an issue with a path, and keeps its kind
 * (`too_large` is not `invalid`). A throw out of v.transform would escape safeParse.
 */
const lifted =
  <In, Out>(parse: (value: In) => Out) =>
  (context: {
    dataset: { value: In };
    addIssue: (issue: { message: string; input: unknown }) => void;
    NEVER: never;
  }): Out => {
    try {
      return parse(context.dataset.value);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const expected = refusal.details?.[0]?.expected ?? refusal.message;
      context.addIssue({
        message: refusal.kind === 'too_large' ? `${TOO_LARGE}${expected}` : expected,
        input: undefined,
      });
      return context.NEVER;
    }
  };

/** Marks an issue as "too large" rather than "invalid" on its way through valibot, whose issues carry only a message. */
export const TOO_LARGE = 'too_large: ';

/**
 * What the documents say of a value that a domain constructor judges, in keywords of JSON Schema: they can't see into it.
 * They may allow what the constructor refuses, never refuse what it allows.
 */
export interface Described {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly type?: 'integer';
}

export const fromText = <Out>(parse: (text: string) => Out, described: Described = {}) =>
  v.pipe(v.string('a string'), v.metadata({ ...described }), v.rawTransform<string, Out>(lifted(parse)));
export const fromNumber = <Out>(parse: (value: number) => Out, described: Described = {}) =>
  v.pipe(v.number('a number'), v.metadata({ ...described }), v.rawTransform<number, Out>(lifted(parse)));

/** An object inside an input. v.object alone takes an array for one without fields, which passes where none is required. */
export const object = <const Entries extends v.ObjectEntries>(entries: Entries): v.ObjectSchema<Entries, string> => {
  const schema = v.object(entries, 'an object');
  return {
    ...schema,
    '~run': (dataset, config) => schema['~run'](Array.isArray(dataset.value) ? { value: null } : dataset, config),
  };
};

const uuid: Described = { format: 'uuid' };
const uuidV7: Described = { format: 'uuid', description: 'a UUIDv7, in any case' };
const counter: Described = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

export const userId = fromText(UserId, uuid);
export const conversationId = fromText(ConversationId, uuidV7);
export const messageId = fromText(MessageId, uuidV7);
export const sessionId = fromText(SessionId, uuid);
export const title = fromText(ConversationTitle, {
  description: '1 to 128 visible characters',
  examples: ['Tuesday circle'],
});
export const messageText = fromText(MessageText, {
  description: `at least one visible character, at most ${MAX_TEXT} code points; kept as sent`,
  examples: ['Hello!'],
  minLength: 1,
  maxLength: MAX_TEXT,
});
export const seq = fromNumber(Seq, counter);
export const rev = fromNumber(Rev, counter);
export const urev = fromNumber(Urev, counter);

/** Instants on the wire are RFC 3339 in UTC. */
export const instant = v.pipe(v.string(), v.isoTimestamp());

/** A whole number in a range; in a query string its text form is taken as well. */
export const integer = (lowest: number, highest: number) =>
  v.pipe(
    v.number(`an integer from ${lowest} to ${highest}`),
    v.safeInteger(`an integer from ${lowest} to ${highest}`),
    v.minValue(lowest, `an integer from ${lowest} to ${highest}`),
    v.maxValue(highest, `an integer from ${lowest} to ${highest}`),
  );

/** Page size: 50 when absent, or less where that is too much. */
export const pageLimit = (most: number) => v.optional(integer(1, most), Math.min(50, most));

export const nothing = v.object({});

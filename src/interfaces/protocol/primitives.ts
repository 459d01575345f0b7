import * as v from 'valibot';
import { Refusal } from '#app/domain/shared/domain-error.ts';
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

export const fromText = <Out>(parse: (text: string) => Out) =>
  v.pipe(v.string('a string'), v.rawTransform<string, Out>(lifted(parse)));
export const fromNumber = <Out>(parse: (value: number) => Out) =>
  v.pipe(v.number('a number'), v.rawTransform<number, Out>(lifted(parse)));

export const userId = fromText(UserId);
export const conversationId = fromText(ConversationId);
export const messageId = fromText(MessageId);
export const sessionId = fromText(SessionId);
export const seq = fromNumber(Seq);
export const rev = fromNumber(Rev);
export const urev = fromNumber(Urev);

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

/** Page size: 1 to 100, 50 when absent. */
export const pageLimit = v.optional(integer(1, 100), 50);

export const nothing = v.object({});

import { type ConversionConfig, toJsonSchema } from '@valibot/to-json-schema';
import type { AnyCommand, Schema } from '../../commands/command.ts';
import { ApiKeyRow, MeRow, ProfileRow, SessionRow, TokensRow, WelcomeRow } from '../../protocol/identity-rows.ts';
import {
  AnyRow,
  ConversationRow,
  ListedRow,
  MemberRow,
  MembershipRow,
  MessageRow,
  OwnRow,
  ReceiptRow,
} from '../../protocol/rows.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Shapes that come up in many places, under the names by which the documents refer to them. */
const shared = {
  Message: MessageRow,
  Member: MemberRow,
  Conversation: ConversationRow,
  Membership: MembershipRow,
  Receipt: ReceiptRow,
  ListedConversation: ListedRow,
  ChangedRow: AnyRow,
  ChangedOwnRow: OwnRow,
  Profile: ProfileRow,
  Me: MeRow,
  Tokens: TokensRow,
  Welcome: WelcomeRow,
  Session: SessionRow,
  ApiKey: ApiKeyRow,
};

/** OpenAPI 3.1 speaks the one, AsyncAPI 3 the other. */
export type Draft = 'draft-2020-12' | 'draft-07';

/** From valibot to JSON Schema, with references to the shared shapes. */
export class JsonSchemas {
  constructor(private readonly draft: Draft) {}

  /** What a client writes. @throws Error for a schema that has no counterpart */
  input(schema: Schema): JsonSchema {
    return this.#convert(schema, 'input');
  }

  /** The same, with the example that the command brings along. */
  inputOf({ input, example }: AnyCommand): JsonSchema {
    return { ...this.input(input), ...(example !== undefined && { examples: [example] }) };
  }

  /** What a client reads: our schemas of replies and events hold no transformations, so it is what we write. */
  output(schema: Schema): JsonSchema {
    return this.#convert(schema, 'output');
  }

  /** The shared shapes themselves. */
  shared(): Readonly<Record<string, JsonSchema>> {
    const { $defs } = toJsonSchema(MessageRow, this.#config('output'));
    return $defs as Record<string, JsonSchema>;
  }

  #convert(schema: Schema, typeMode: 'input' | 'output'): JsonSchema {
    const { $schema: _draft, $defs: _shared, ...rest } = toJsonSchema(schema as Convertible, this.#config(typeMode));
    return rest;
  }

  #config(typeMode: 'input' | 'output'): ConversionConfig {
    return {
      target: this.draft,
      typeMode,
      definitions: shared,
      overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
      // What code decides can't be written down; primitives.ts describes it beside the code. All else must be convertible.
      overrideAction: ({ valibotAction, jsonSchema }) =>
        valibotAction.type === 'raw_transform' ||
        valibotAction.type === 'check' ||
        valibotAction.type === 'partial_check'
          ? jsonSchema
          : undefined,
    };
  }
}

type Convertible = Parameters<typeof toJsonSchema>[0];

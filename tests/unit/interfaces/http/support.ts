import * as v from 'valibot';
import type { Authenticated } from '#app/application/ports/authenticator.ts';
import type { LimitClass, Taken } from '#app/application/ports/rate-limiter.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '#app/application/ports/transport.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { SessionId, UserId } from '#app/domain/shared/ids.ts';
import { decodeJson } from '#app/infrastructure/codecs/json.ts';
import { type AnyCommand, type Caller, command, type Stranger } from '#app/interfaces/commands/command.ts';
import { httpHandler } from '#app/interfaces/http/handler.ts';
import { type PageParts, publicPages } from '#app/interfaces/http/pages.ts';
import type { WebClient } from '#app/interfaces/http/web-client.ts';
import { conversationId, integer, nothing, seq } from '#app/interfaces/protocol/primitives.ts';

export const ann = UserId('0193e4a0-0000-7000-8000-00000000000a');
export const session = SessionId('0193e4a0-0000-7000-8000-00000000005e');
export const NOW = Date.UTC(2030, 0, 1);
export const room = '0193e4a0-0000-7000-8000-0000000000c1';

interface Ran {
  readonly type: string;
  readonly input: unknown;
  readonly caller: Stranger | Caller;
}

/** A small catalogue behind the real handler, with everything around it under the test's hand. */
export class Surface {
  readonly ran: Ran[] = [];
  readonly faults: unknown[] = [];
  readonly counted: Readonly<Record<string, string>>[] = [];
  readonly taken: [LimitClass, string][] = [];
  limit: (kind: LimitClass) => Taken = () => ({ allowed: true });
  readiness: PageParts['readiness'] = () => ({ ready: true, status: 'ok' });
  failure: unknown;

  readonly commands: readonly AnyCommand[] = [
    this.#command('message.list', 'GET', '/v1/conversations/{conversationId}/messages', {
      conversationId,
      limit: v.optional(integer(1, 100), 50),
      before: v.optional(seq),
      deleted: v.optional(v.boolean()),
      types: v.optional(v.array(v.picklist(['text', 'system']))),
    }),
    this.#command('message.edit', 'PATCH', '/v1/conversations/{conversationId}/messages/{seq}', {
      conversationId,
      seq,
      content: v.string(),
    }),
    this.#command('conversation.delete', 'DELETE', '/v1/conversations/{conversationId}', { conversationId }),
    this.#command('conversation.open', 'POST', '/v1/conversations/private', { with: v.string() }),
    this.#command('conversation.leave', undefined, '', { conversationId }),
    command({
      type: 'session.open',
      summary: 'Logs in.',
      access: 'anyone',
      limit: 'login',
      input: v.object({ handle: v.string() }),
      output: nothing,
      http: { method: 'POST', path: '/v1/sessions' },
      run: async (input, caller) => this.#run('session.open', input, caller),
    }),
    command({
      type: 'ping',
      summary: 'Says that the peer lives.',
      access: 'user',
      limit: 'signal',
      input: nothing,
      output: nothing,
      overHttp: false,
      run: async (input, caller) => this.#run('ping', input, caller),
    }),
  ];

  readonly #handler: HttpHandler;

  constructor({ web, more = [] }: { web?: WebClient; more?: readonly AnyCommand[] } = {}) {
    this.#handler = httpHandler({
      commands: [...this.commands, ...more],
      pages: publicPages({
        web,
        readiness: () => this.readiness(),
        documents: { openapi: () => ({ openapi: '3.1.1' }), asyncapi: () => ({ asyncapi: '3.0.0' }) },
      }),
      authenticator: { authenticate: async (token) => this.#authenticate(token) },
      limiter: {
        take: (kind, key) => {
          this.taken.push([kind, key]);
          return this.limit(kind);
        },
      },
      journal: { fault: (error) => `fault-${this.faults.push(error)}` },
      metrics: {
        count: (name, labels = {}) => void this.counted.push({ name, ...labels }),
        observe: (name, _value, labels = {}) => void this.counted.push({ name, ...labels }),
      },
      clock: { monotonic: () => 0, now: () => NOW },
      decodeJson,
      requestId: () => 'request-1',
      allowedOrigins: ['https://app.example'],
      maxBodyBytes: 1_024,
    });
  }

  /** `target` is `METHOD /path?query`; a body of null is one that the transport gave up on. */
  async ask(target: string, headers: Record<string, string> = {}, body: string | null = ''): Promise<HttpResponse> {
    const [method = '', url = ''] = target.split(/ (.*)/s);
    const at = url.indexOf('?');
    const request: HttpRequest = {
      method,
      path: at < 0 ? url : url.slice(0, at),
      query: at < 0 ? '' : url.slice(at + 1),
      address: '2001:db8:1:2:3::4',
      headers: new Map(Object.entries({ host: 'chat.example', ...headers })),
      body: async () => (body === null ? undefined : new TextEncoder().encode(body)),
      signal: new AbortController().signal,
    };
    return this.#handler(request);
  }

  /** As `ask`, from Ann, with a JSON body if there is one. */
  asAnn(target: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpResponse> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return this.ask(target, { authorization: 'Bearer ann', ...type, ...headers }, text);
  }

  #authenticate(token: string): Authenticated {
    if (token === 'away') throw new Refusal('unavailable', 'database', 'try again', { retryAfterMs: 1_500 });
    if (token !== 'ann') throw new Refusal('unauthenticated', 'token', 'the token is not good');
    return { kind: 'session', userId: ann, sessionId: session, expiresAt: undefined };
  }

  #command(
    type: string,
    method: 'GET' | 'PATCH' | 'DELETE' | 'POST' | undefined,
    path: string,
    entries: v.ObjectEntries,
  ) {
    return command({
      type,
      summary: 'For tests.',
      access: 'user',
      limit: 'read',
      input: v.object(entries),
      output: v.looseObject({}),
      ...(method && { http: { method, path } }),
      run: async (input, caller) => this.#run(type, input, caller),
    });
  }

  #run(type: string, input: unknown, caller: Stranger | Caller) {
    if (this.failure) throw this.failure;
    this.ran.push({ type, input, caller });
    return { done: type };
  }
}

export const bodyOf = (response: HttpResponse): Record<string, unknown> =>
  JSON.parse(String(response.body)) as Record<string, unknown>;

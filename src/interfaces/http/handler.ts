import type { Authenticator } from '#app/application/ports/authenticator.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Journal } from '#app/application/ports/journal.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { RateLimiter } from '#app/application/ports/rate-limiter.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '#app/application/ports/transport.ts';
import { addressBlock } from '#app/domain/identity/address-block.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { type Answer, callCommand, tooFast } from '../commands/call.ts';
import type { AnyCommand, Caller, Stranger } from '../commands/command.ts';
import { internal, wireErrorOf } from '../protocol/errors.ts';
import { originAllowed } from '../protocol/origin.ts';
import { type DecodeJson, demandJson, inputOf } from './input.ts';
import type { Pages } from './pages.ts';
import { problem } from './problem.ts';
import { type Match, Router, routesOf } from './router.ts';
import { SessionCookie } from './session-cookie.ts';

export interface HttpParts {
  readonly commands: readonly AnyCommand[];
  /** What is no command: health, documents, the messenger. */
  readonly pages: Pages;
  readonly authenticator: Authenticator;
  readonly limiter: RateLimiter;
  readonly journal: Pick<Journal, 'fault'>;
  readonly metrics: Pick<Metrics, 'count' | 'observe'>;
  readonly clock: Clock;
  readonly decodeJson: DecodeJson;
  /** Never the same twice; it goes into every answer, for whoever reports a problem. */
  readonly requestId: () => string;
  /** Origins of pages that may call us besides our own, as browsers write them: `https://chat.example`. */
  readonly allowedOrigins: readonly string[];
  /** A longer body is refused before it is read, in bytes. */
  readonly maxBodyBytes: number;
}

const ALWAYS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const MAX_PATH = 2_048;

/** Where a request led, for counting: a command's type, a page's path, or `none`. */
interface Trace {
  target: string;
}

/**
 * The HTTP side of the catalogue. Never rejects and never throws; a client that goes away harms nobody, what it asked for
 * is done all the same.
 */
export const httpHandler = (parts: HttpParts): HttpHandler => {
  const surface = new HttpSurface(parts);
  return (request) => surface.answer(request);
};

class HttpSurface {
  readonly #router: Router;
  readonly #origins: ReadonlySet<string>;

  constructor(private readonly parts: HttpParts) {
    this.#router = new Router(routesOf(parts.commands));
    this.#origins = new Set(parts.allowedOrigins);
  }

  async answer(request: HttpRequest): Promise<HttpResponse> {
    const requestId = this.parts.requestId();
    const trace: Trace = { target: 'none' };
    const welcome = this.#originAllowed(request);
    const response = await this.#routed(request, requestId, welcome, trace).catch((error: unknown) =>
      problem(wireErrorOf(error) ?? internal(this.parts.journal.fault(error, 'http')), requestId),
    );
    this.parts.metrics.count('http_requests_total', { target: trace.target, status: String(response.status) });
    return {
      ...response,
      headers: { ...ALWAYS, ...corsHeaders(request, welcome), 'x-request-id': requestId, ...response.headers },
    };
  }

  async #routed(request: HttpRequest, requestId: string, welcome: boolean, trace: Trace): Promise<HttpResponse> {
    demandPlainRequest(request);
    const { method, path } = request;
    if (!welcome && !(method === 'GET' || method === 'HEAD'))
      throw new Refusal('forbidden', 'origin', 'pages from this origin may not call here');

    const found = this.parts.pages.find(request);
    const page = found?.page;
    const matches = page ? undefined : this.#router.find(path);
    const allowed = page ? ['GET'] : [...(matches?.keys() ?? [])];
    if (allowed.length === 0)
      return problem({ code: 'not_found', message: 'nothing is here', rule: 'no_such_route' }, requestId);
    if (method === 'OPTIONS') return permitted(request, allowed);

    const match = matches?.get(method === 'HEAD' ? 'GET' : method);
    if (!match && !(page && (method === 'GET' || method === 'HEAD'))) return notAllowed(method, allowed, requestId);
    trace.target = found?.name ?? match?.route.command.type ?? 'none';
    // To HEAD the transport sends no body.
    return page ? page(request) : this.#called(match as Match, request, requestId);
  }

  async #called(match: Match, request: HttpRequest, requestId: string): Promise<HttpResponse> {
    const { command } = match.route;
    const token = command.access === 'user' ? bearerToken(request) : undefined;
    const cookie = SessionCookie.of(request, command);
    const body = await this.#bodyOf(request);
    // Last, so that nothing is awaited between "this token is good" and the use case.
    const caller =
      token === undefined ? { address: request.address } : await this.#authenticated(token, request.address);
    const input = readInput(match, request, body, this.parts.decodeJson);
    const started = this.parts.clock.monotonic();
    const answer = await callCommand(command, cookie ? cookie.completed(input) : input, caller, this.parts);
    const outcome = answer.ok ? 'ok' : answer.error.code;
    this.parts.metrics.observe('command_ms', this.parts.clock.monotonic() - started, {
      command: command.type,
      outcome,
    });
    if (!cookie) return replied(answer, requestId);
    const split = cookie.split(answer, this.parts.clock.now());
    return replied(split.answer, requestId, split.setCookie);
  }

  async #bodyOf(request: HttpRequest): Promise<Uint8Array> {
    const body =
      Number(request.headers.get('content-length') ?? 0) > this.parts.maxBodyBytes ? undefined : await request.body();
    if (body === undefined || body.length > this.parts.maxBodyBytes)
      throw new Refusal('too_large', 'body_too_large', `the body is longer than ${this.parts.maxBodyBytes} bytes`);
    return body;
  }

  /** Tokens that are no good cost their address from the budget for opening connections, so that guessing is slow. */
  async #authenticated(token: string, address: string): Promise<Caller | Stranger> {
    try {
      const { userId, sessionId } = await this.parts.authenticator.authenticate(token);
      return { address, userId, ...(sessionId !== undefined && { sessionId }) };
    } catch (error) {
      if (!(error instanceof Refusal) || error.kind !== 'unauthenticated') throw error;
      const taken = await this.parts.limiter.take('handshake', addressBlock(address));
      if (taken.allowed) throw error;
      this.parts.metrics.count('rate_limited_total', { class: 'handshake' });
      const { message, rule = 'rate', retryAfterMs = 1 } = tooFast(taken.retryAfterMs);
      throw new Refusal('rate_limited', rule, message, { retryAfterMs });
    }
  }

  #originAllowed({ headers }: HttpRequest): boolean {
    const origin = headers.get('origin') ?? '';
    const host = headers.get('host') ?? '';
    return originAllowed({ origin, host, forwardedProto: headers.get('x-forwarded-proto') ?? '' }, this.#origins);
  }
}

const corsHeaders = ({ headers }: HttpRequest, welcome: boolean): Record<string, string> => {
  const origin = headers.get('origin');
  if (origin === undefined) return {};
  if (!welcome) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'retry-after, x-request-id',
  };
};

const replied = (answer: Answer, requestId: string, setCookie?: string): HttpResponse => {
  const headers = setCookie === undefined ? undefined : { 'set-cookie': setCookie };
  if (!answer.ok) return problem(answer.error, requestId, { ...(headers && { headers }) });
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(answer.data),
  };
};

/** What the transport should have sorted out, once more: whatever sits in front may read an ambiguous request otherwise. */
const demandPlainRequest = ({ path, headers }: HttpRequest): void => {
  const length = headers.get('content-length');
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw refusedRequest('one Content-Length');
  if (length !== undefined && headers.has('transfer-encoding'))
    throw refusedRequest('one way to tell the length of the body');
  if (/[,\s]/.test(headers.get('host') ?? '')) throw refusedRequest('one Host');
  if (path.length > MAX_PATH) throw refusedRequest(`a path of at most ${MAX_PATH} characters`);
};

const refusedRequest = (expected: string) =>
  new Refusal('invalid', 'request_malformed', 'the request is not valid', { details: [{ path: '', expected }] });

/** @throws Refusal `unauthenticated` when there is none */
const bearerToken = ({ headers }: HttpRequest): string => {
  const [, token] = /^Bearer +([\w.~+/=-]+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  if (token === undefined)
    throw new Refusal('unauthenticated', 'authentication_required', 'say who you are: Authorization: Bearer <token>');
  return token;
};

const readInput = (match: Match, request: HttpRequest, body: Uint8Array, decodeJson: DecodeJson): unknown => {
  try {
    if (match.route.hasBody) demandJson(request.headers, body.length);
    return inputOf(match, request.query, body, decodeJson);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
};

const allowOf = (methods: readonly string[]): string =>
  [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');

const notAllowed = (method: string, allowed: readonly string[], requestId: string): HttpResponse =>
  problem({ code: 'unsupported', message: `${method.slice(0, 16)} is not possible here`, rule: 'method' }, requestId, {
    status: 405,
    headers: { allow: allowOf(allowed) },
  });

/** The answer to OPTIONS; to a page that asks before it calls, it says how it may call. */
const permitted = ({ headers }: HttpRequest, allowed: readonly string[]): HttpResponse => ({
  status: 204,
  headers: {
    allow: allowOf(allowed),
    ...(headers.has('access-control-request-method') && {
      'access-control-allow-methods': allowed.join(', '),
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    }),
  },
});

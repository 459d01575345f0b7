import type { HttpRequest } from '#app/application/ports/transport.ts';
import { badToken } from '#app/domain/identity/identity-refusals.ts';
import { invalid, Refusal } from '#app/domain/shared/domain-error.ts';
import type { Answer } from '../commands/call.ts';
import type { AnyCommand } from '../commands/command.ts';
import { originAllowed } from '../protocol/origin.ts';

/**
 * A browser asks with this header for its refresh token to live in a cookie that no script can read. A form or a foreign
 * page can't send it (a preflight for it is refused), so it is also the proof that our own page asks.
 */
export const SESSION_HEADER = 'tertulia-session';
/** `remember`: as long as the session lives. `browser`: until the browser is closed. */
export const LIVES = ['remember', 'browser'] as const;

/** Browsers keep `__Host-` cookies only if they came over a safe way, and show them to nobody but this very host. */
const SAFE_NAME = '__Host-tertulia';
const PLAIN_NAME = 'tertulia';

/** The refresh token of one request that asked for it to be a cookie. */
export class SessionCookie {
  readonly #held: string | undefined;
  readonly #name: string;
  readonly #attributes: string;

  private constructor(
    { headers }: HttpRequest,
    private readonly use: NonNullable<AnyCommand['sessionCookie']>,
    private readonly remember: boolean,
  ) {
    const safe = isSafe(headers);
    this.#name = safe ? SAFE_NAME : PLAIN_NAME;
    this.#attributes = `; Path=/; HttpOnly; SameSite=Strict${safe ? '; Secure' : ''}`;
    this.#held = cookiesOf(headers.get('cookie') ?? '').get(this.#name);
  }

  /** Undefined when the command has nothing to do with it, or the request does not ask. @throws Refusal */
  static of(request: HttpRequest, { sessionCookie }: AnyCommand): SessionCookie | undefined {
    const life = request.headers.get(SESSION_HEADER);
    if (sessionCookie === undefined || life === undefined) return undefined;
    if (!isOwnPage(request))
      throw new Refusal('forbidden', 'origin', 'only pages that this server serves itself may keep a session so');
    if (life !== 'remember' && life !== 'browser')
      throw invalid('', `the header ${SESSION_HEADER} to be ${LIVES.join(' or ')}`);
    return new SessionCookie(request, sessionCookie, life === 'remember');
  }

  /** The input, with the token out of the cookie where one is exchanged. What is wrong comes back as a Refusal. */
  completed(input: unknown): unknown {
    if (this.use !== 'renew' || input instanceof Refusal) return input;
    if (Object.hasOwn(input as object, 'refreshToken'))
      return invalid('refreshToken', `nothing, where ${SESSION_HEADER} says that the cookie holds it`);
    return this.#held ? { ...(input as object), refreshToken: this.#held } : badToken();
  }

  /** The answer as scripts may see it, and the `Set-Cookie` that goes with it. */
  split(answer: Answer, now: number): { readonly answer: Answer; readonly setCookie: string | undefined } {
    const gone = `${this.#name}=${this.#attributes}; Max-Age=0`;
    if (!answer.ok) {
      const worthless = this.use === 'renew' && answer.error.code === 'unauthenticated';
      return { answer, setCookie: worthless ? gone : undefined };
    }
    if (this.use === 'end') return { answer, setCookie: gone };
    const { refreshToken, ...data } = answer.data as { refreshToken: string; refreshTokenExpiresAt: string };
    const seconds = Math.floor((Date.parse(data.refreshTokenExpiresAt) - now) / 1_000);
    const setCookie = `${this.#name}=${refreshToken}${this.#attributes}${this.remember ? `; Max-Age=${seconds}` : ''}`;
    return { answer: { ok: true, data }, setCookie };
  }
}

/**
 * Not on http://localhost either: Safari keeps no Secure cookies from there. Who lies about the header gets a cookie that
 * their own browser does not keep.
 */
const isSafe = (headers: HttpRequest['headers']): boolean => headers.get('x-forwarded-proto') === 'https';

const isOwnPage = ({ headers }: HttpRequest): boolean => {
  const [origin, host, forwardedProto] = ['origin', 'host', 'x-forwarded-proto'].map((name) => headers.get(name) ?? '');
  return originAllowed({ origin: origin ?? '', host: host ?? '', forwardedProto: forwardedProto ?? '' }, new Set());
};

const cookiesOf = (header: string): ReadonlyMap<string, string> =>
  new Map(
    header.split(';').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );

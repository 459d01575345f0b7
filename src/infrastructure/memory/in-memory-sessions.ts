import type { SecretHash } from '#app/application/ports/secrets.ts';
import type { NextToken, Opened, Rotation, Sessions, WhichSessions } from '#app/application/ports/sessions.ts';
import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import { badLogin } from '#app/domain/identity/identity-refusals.ts';
import type { NewSession, Session } from '#app/domain/identity/session.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import { hex, type IdentityMemory, type StoredSession } from './identity-memory.ts';

export class InMemorySessions implements Sessions {
  constructor(private readonly memory: IdentityMemory) {}

  async open(session: NewSession, { hash, ttlMs }: NextToken, mostPerUser: number): Promise<Opened> {
    if (!this.memory.enabled(session.userId)) throw badLogin();
    const now = this.memory.now();
    const expiresAt = this.memory.after(ttlMs);
    const evicted = this.memory.end(this.#live(session.userId).slice(mostPerUser - 1), 'too_many_sessions');
    const stored = { ...session, createdAt: now, lastUsedAt: now, expiresAt, endedBy: undefined };
    this.memory.sessions.set(session.id, stored);
    this.#issue(session.id, hash, expiresAt);
    return { session: shown(stored), evicted };
  }

  async rotate(presented: SecretHash, { hash, ttlMs }: NextToken, graceMs: number): Promise<Rotation> {
    const { tokens } = this.memory;
    const token = tokens.get(hex(presented));
    const session = token && this.memory.sessions.get(token.sessionId);
    const now = this.memory.now();
    if (!token || !session || token.expiresAt <= now.getTime()) return { outcome: 'refused' };
    const successor = tokens.get(token.successor ?? '');
    const unanswered = successor?.usedAt === undefined && now.getTime() - (token.usedAt ?? 0) < graceMs;
    if (token.usedAt !== undefined && !(successor && unanswered)) {
      const ended = this.memory.end([session], 'refresh_reused').length > 0;
      return { outcome: 'reused', sessionId: session.id, userId: session.userId, ended };
    }
    if (!this.memory.live(session)) return { outcome: 'refused' };
    const rotated = { ...session, lastUsedAt: now, expiresAt: this.memory.after(ttlMs) };
    this.memory.sessions.set(session.id, rotated);
    const usedAt = now.getTime();
    if (token.successor !== undefined && successor) tokens.set(token.successor, { ...successor, usedAt });
    tokens.set(hex(presented), { ...token, usedAt: token.usedAt ?? usedAt, successor: hex(hash) });
    this.#forgetExpired(session.id, now);
    this.#issue(session.id, hash, rotated.expiresAt);
    return { outcome: 'rotated', session: shown(rotated) };
  }

  async find(id: SessionId): Promise<Session | undefined> {
    const session = this.memory.sessions.get(id);
    return session && this.memory.live(session) ? shown(session) : undefined;
  }

  async list(userId: UserId): Promise<readonly Session[]> {
    return this.#live(userId).map(shown);
  }

  async revoke(userId: UserId, which: WhichSessions, reason: SessionEnd): Promise<readonly SessionId[]> {
    const chosen = ({ id }: Session) => which === 'all' || ('only' in which ? id === which.only : id !== which.except);
    const own = [...this.memory.sessions.values()].filter((session) => session.userId === userId);
    return this.memory.end(own.filter(chosen), reason);
  }

  #live(userId: UserId): readonly StoredSession[] {
    return [...this.memory.sessions.values()]
      .filter((session) => session.userId === userId && this.memory.live(session))
      .reverse() // opened last first among those used at the same moment
      .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
  }

  #issue(sessionId: SessionId, hash: SecretHash, expiresAt: Date): void {
    this.memory.tokens.set(hex(hash), {
      sessionId,
      expiresAt: expiresAt.getTime(),
      usedAt: undefined,
      successor: undefined,
    });
  }

  #forgetExpired(sessionId: SessionId, now: Date): void {
    for (const [key, token] of this.memory.tokens)
      if (token.sessionId === sessionId && token.expiresAt <= now.getTime()) this.memory.tokens.delete(key);
  }
}

const shown = ({ id, userId, kind, device, createdAt, lastUsedAt, expiresAt }: StoredSession): Session => ({
  id,
  userId,
  kind,
  device,
  createdAt,
  lastUsedAt,
  expiresAt,
});

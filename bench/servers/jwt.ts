import { createHmac } from 'node:crypto';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** HS256, as any issuer would sign it. */
export function jwt(secret: string, claims: object, header: object = {}): string {
  const head = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part(claims)}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

export interface Unsealed {
  readonly header: object;
  readonly claims: object;
}

/** What a token says, its signature aside. */
export function unsealed(token: string): Unsealed {
  const [header, claims] = token
    .split('.')
    .slice(0, 2)
    .map((text) => JSON.parse(Buffer.from(text, 'base64url').toString()) as object);
  if (!header || !claims) throw new Error('this is no JWT');
  return { header, claims };
}

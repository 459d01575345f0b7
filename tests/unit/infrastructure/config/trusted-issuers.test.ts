import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { trustedIssuers } from '#app/infrastructure/config/trusted-issuers.ts';

const signed = {
  issuer: 'https://id.example',
  audience: 'chat',
  algorithms: ['RS256'],
  jwks: 'https://id.example/keys',
};
const shared = { issuer: 'https://app.example', audience: ['chat', 'api'], secret: 's'.repeat(32) };
const read = (issuers: unknown, options?: { loopbackHttp: boolean }) =>
  v.safeParse(trustedIssuers(options), typeof issuers === 'string' ? issuers : JSON.stringify(issuers));

describe('TRUSTED_ISSUERS', () => {
  it('takes issuers by key set and by secret, and fills in the rest', () => {
    const { output, success } = read([signed, shared, { ...signed, issuer: 'file', jwks: 'file:///etc/keys.json' }]);
    expect(success).toBe(true);
    expect(output).toMatchObject([
      { ...signed, nameClaim: 'name', maxLifetimeSeconds: 86_400 },
      { ...shared, algorithms: ['HS256'] },
      { jwks: 'file:///etc/keys.json' },
    ]);
    expect(read([]).success).toBe(true);
  });

  it.each([
    ['no JSON', '[{'],
    ['no list', signed],
    ['no audience', [{ ...signed, audience: undefined }]],
    ['an empty audience', [{ ...signed, audience: [] }]],
    ['no algorithms', [{ ...signed, algorithms: undefined }]],
    ['alg none', [{ ...signed, algorithms: ['none'] }]],
    ['HMAC with a key set', [{ ...signed, algorithms: ['RS256', 'HS256'] }]],
    ['signatures with a secret', [{ ...shared, algorithms: ['RS256'] }]],
    ['both ways', [{ ...signed, secret: shared.secret }]],
    ['neither way', [{ issuer: 'x', audience: 'chat' }]],
    ['a short secret', [{ ...shared, secret: 's'.repeat(31) }]],
    ['plain http', [{ ...signed, jwks: 'http://id.example/keys' }]],
    ['plain http on this machine, not allowed', [{ ...signed, jwks: 'http://127.0.0.1:1/keys' }]],
    ['a URL with a password', [{ ...signed, jwks: 'https://a:b@id.example/keys' }]],
    ['another scheme', [{ ...signed, jwks: 'data:application/json,{}' }]],
    ['no URL', [{ ...signed, jwks: 'keys.json' }]],
    ['an unknown field', [{ ...signed, audiences: ['chat'] }]],
    ['one issuer twice', [signed, { ...shared, issuer: signed.issuer }]],
    ['tokens for ever', [{ ...signed, maxLifetimeSeconds: 1e9 }]],
  ])('refuses %s', (_what, issuers) => {
    expect(read(issuers).success).toBe(false);
  });

  it('takes plain http from this machine where that is allowed, from nowhere else', () => {
    const options = { loopbackHttp: true };
    for (const host of ['127.0.0.1:9', 'localhost', '[::1]:9'])
      expect(read([{ ...signed, jwks: `http://${host}/keys` }], options).success).toBe(true);
    for (const host of ['id.example', '127.0.0.1.evil.example', 'localhost.evil.example'])
      expect(read([{ ...signed, jwks: `http://${host}/keys` }], options).success).toBe(false);
  });
});

import * as v from 'valibot';
import { device } from '../protocol/identity-primitives.ts';
import { internalOnly, WelcomeFrame, type WelcomeContext, welcomeFrame } from '../protocol/welcome.ts';
import { command } from './command.ts';

export const auth = (context: WelcomeContext) =>
  command({
    type: 'auth',
    summary: 'Says who speaks on this connection; the first frame, and later again to renew the token.',
    access: 'anyone',
    limit: 'handshake',
    overHttp: false,
    input: v.object({
      token: v.pipe(
        v.string('an access token or API key'),
        v.minLength(1, 'an access token or API key'),
        v.maxLength(8_192, 'at most 8,192 characters'),
      ),
      device: v.optional(device),
    }),
    output: WelcomeFrame,
    run: async ({ token, device }, { connection }) =>
      welcomeFrame(await (connection ?? internalOnly()).authenticate(token, device), context),
  });

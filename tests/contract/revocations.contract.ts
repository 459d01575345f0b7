import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Revocation, Revocations } from '#app/application/ports/revocations.ts';
import { SessionId } from '#app/domain/shared/ids.ts';
import { random } from '../support/identity.ts';

export interface OpenedRevocations {
  readonly revocations: Revocations;
  /** What listeners threw. */
  readonly faults: readonly unknown[];
  close(): Promise<void>;
}

export const aRevocation = (): Revocation => ({ sessionId: SessionId(random.uuid()), reason: 'revoked' });

export const revocationsContract = (adapter: string, open: () => Promise<OpenedRevocations>) =>
  describe(`Revocations contract: ${adapter}`, () => {
    let opened: OpenedRevocations;
    let revocations: Revocations;
    beforeEach(async () => {
      opened = await open();
      ({ revocations } = opened);
    });
    afterEach(() => opened.close());

    it('tells every subscriber once, in order, before `announce` returns', () => {
      const heard: Revocation[][] = [[], []];
      for (const list of heard) revocations.subscribe((revocation) => list.push(revocation));
      const all = [aRevocation(), aRevocation()];
      for (const one of all) revocations.announce(one);
      expect(heard).toEqual([all, all]);
    });

    it('lets no listener harm another, and ends a subscription however often it is ended', () => {
      const heard: Revocation[] = [];
      const hear = (revocation: Revocation) => heard.push(revocation);
      revocations.subscribe(() => {
        throw new Error('bad listener');
      });
      const end = revocations.subscribe(hear);
      revocations.subscribe(hear);
      revocations.announce(aRevocation());
      expect([heard.length, opened.faults.length]).toEqual([2, 1]);
      end();
      end();
      revocations.announce(aRevocation());
      expect(heard).toHaveLength(3);
    });
  });

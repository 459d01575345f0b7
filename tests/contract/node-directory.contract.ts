import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeDirectory } from '#app/application/ports/node-directory.ts';

export interface OpenedDirectories {
  /** Another node of the same database. */
  node(incarnation: string): NodeDirectory;
  /** Makes it as if the node had been silent for so long. */
  silence(incarnation: string, ms: number): Promise<void>;
}

export const nodeDirectoryContract = (adapter: string, open: () => Promise<OpenedDirectories>) =>
  describe(`NodeDirectory contract: ${adapter}`, () => {
    let opened: OpenedDirectories;
    let [ann, ben, cem]: NodeDirectory[] = [];
    beforeEach(async () => {
      opened = await open();
      [ann, ben, cem] = ['ann', 'ben', 'cem'].map((name) => opened.node(name));
    });

    it('tells a node of the others that live, and not of itself', async () => {
      expect(await ann?.beat()).toEqual([]);
      expect(await ben?.beat()).toEqual(['ann']);
      expect(await cem?.beat()).toEqual(['ann', 'ben']);
      expect(await ann?.beat()).toEqual(['ben', 'cem']);
    });

    it('forgets who was silent for longer than the lease, until they beat again', async () => {
      await ben?.beat();
      await opened.silence('ben', 500);
      expect(await ann?.beat()).toEqual(['ben']);
      await opened.silence('ben', 2_501);
      expect(await ann?.beat()).toEqual([]);
      await ben?.beat();
      expect(await ann?.beat()).toEqual(['ben']);
    });

    it('forgets at once who leaves, also one that never came', async () => {
      await ben?.beat();
      await ben?.leave();
      await cem?.leave();
      expect(await ann?.beat()).toEqual([]);
    });

    it('knows two lives of one process apart', async () => {
      await opened.node('first').beat();
      await opened.node('second').beat();
      expect(await ann?.beat()).toEqual(['first', 'second']);
    });

    it('takes beats of many at once', async () => {
      const nodes = Array.from({ length: 8 }, (_, n) => opened.node(`node ${n}`));
      await Promise.all(nodes.map((node) => node.beat()));
      expect(await ann?.beat()).toHaveLength(8);
    });
  });

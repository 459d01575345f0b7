import { MemoryBackplane } from '#app/infrastructure/memory/memory-backplane.ts';
import { backplaneContract } from './backplane.contract.ts';

backplaneContract('in process', async () => {
  const faults: unknown[] = [];
  const backplane = new MemoryBackplane((error) => void faults.push(error));
  return { backplane, faults };
});

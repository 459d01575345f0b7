import type { FaultKind } from './chaos-fault.ts';
import { clientFaults } from './chaos-faults-of-clients.ts';
import { nodeFaults } from './chaos-faults-of-nodes.ts';
import { postgresFaults } from './chaos-faults-of-postgres.ts';
import { redisFaults } from './chaos-faults-of-redis.ts';

export const faultKinds: readonly FaultKind[] = [...nodeFaults, ...postgresFaults, ...redisFaults, ...clientFaults];

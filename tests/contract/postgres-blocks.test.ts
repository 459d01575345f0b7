import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { blocksContract } from './blocks.contract.ts';

blocksContract('PostgreSQL', aPatientPostgresWorld);

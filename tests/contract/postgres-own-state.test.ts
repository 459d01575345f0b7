import { aPostgresWorld } from '../support/postgres-world.ts';
import { ownStateContract } from './own-state.contract.ts';

ownStateContract('PostgreSQL', aPostgresWorld);

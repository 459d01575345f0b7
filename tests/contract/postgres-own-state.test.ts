import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { ownStateContract } from './own-state.contract.ts';

ownStateContract('PostgreSQL', aPatientPostgresWorld);

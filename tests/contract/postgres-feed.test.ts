import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { feedContract } from './feed.contract.ts';

feedContract('PostgreSQL', aPatientPostgresWorld);

import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { conversationsContract } from './conversations.contract.ts';

conversationsContract('PostgreSQL', aPatientPostgresWorld);

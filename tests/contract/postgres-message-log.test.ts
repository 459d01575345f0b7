import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { messageLogContract } from './message-log.contract.ts';

messageLogContract('PostgreSQL', aPatientPostgresWorld);

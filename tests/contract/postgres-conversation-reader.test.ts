import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { conversationReaderContract } from './conversation-reader.contract.ts';

conversationReaderContract('PostgreSQL', aPatientPostgresWorld);

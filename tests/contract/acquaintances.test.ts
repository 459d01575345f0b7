import { aMemoryWorld } from '../support/chat-world.ts';
import { aPatientPostgresWorld } from '../support/postgres-world.ts';
import { acquaintancesContract } from './acquaintances.contract.ts';

acquaintancesContract('in process', aMemoryWorld);
acquaintancesContract('PostgreSQL', aPatientPostgresWorld);

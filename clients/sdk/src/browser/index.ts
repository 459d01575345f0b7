export { indexedDbOutbox } from './indexed-db-outbox.ts';

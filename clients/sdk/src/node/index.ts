export { fileOutbox } from './file-outbox.ts';
export { fileSession } from './file-session.ts';

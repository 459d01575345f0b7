export { indexedDbOutbox } from './indexed-db-outbox.ts';
export { sharedBetweenTabs } from './shared-between-tabs.ts';
export type { SharedBetweenTabsOptions } from './shared-between-tabs.ts';

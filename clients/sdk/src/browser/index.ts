export { browserSession } from './browser-session.ts';
export type { BrowserSession, BrowserSessionOptions } from './browser-session.ts';
export { indexedDbOutbox } from './indexed-db-outbox.ts';
export { sharedBetweenTabs } from './shared-between-tabs.ts';
export type { SharedBetweenTabsOptions } from './shared-between-tabs.ts';

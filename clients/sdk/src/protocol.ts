import type { Commands, Events } from './generated/catalogue.ts';

/** Any command of the catalogue; those of a host program too, once its generated types are merged into `Commands`. */
export type CommandType = Extract<keyof Commands, string>;
export type InputOf<T extends CommandType> = Commands[T] extends { input: infer Input } ? Input : never;
export type OutputOf<T extends CommandType> = Commands[T] extends { output: infer Output } ? Output : never;

/** What the server tells by itself. Unknown types never get here. */
export type ServerEvent = { [T in keyof Events]: { readonly type: T; readonly data: Events[T] } }[keyof Events];
export type EventOf<T extends ServerEvent['type']> = Extract<ServerEvent, { type: T }>;

/** The reply to `auth`: who one is, and what this server allows. */
export type Welcome = OutputOf<'auth'>;

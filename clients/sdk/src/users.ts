import type { Observable, UserView } from './views.ts';

/** Who is who. Names are fetched when they are first asked for, many at once. */
export interface Users extends Observable {
  /** What is known now; subscribers hear when there is more. */
  get(id: string): UserView | undefined;
  /** By exact handle. @throws Refused, Lost */
  find(handle: string): Promise<UserView | undefined>;
}

import { Refusal } from '../shared/domain-error.ts';
import { Role } from './participant.ts';

/** What a member of a group may do by role; one table, so that it can be read and tested as one. */
export const permissions = {
  rename: [Role.Owner, Role.Admin],
  change_policies: [Role.Owner, Role.Admin],
  add_members: [Role.Owner, Role.Admin],
  remove_member: [Role.Owner, Role.Admin],
  remove_admin: [Role.Owner],
  change_roles: [Role.Owner],
  delete_others_messages: [Role.Owner, Role.Admin],
  delete_conversation: [Role.Owner],
} as const satisfies Record<string, readonly Role[]>;
export type Action = keyof typeof permissions;

export const can = (role: Role, action: Action): boolean => (permissions[action] as readonly Role[]).includes(role);

/** @throws Refusal `forbidden` that names the rule */
export const demand = (role: Role, action: Action): void => {
  if (!can(role, action))
    throw new Refusal('forbidden', `${action}_takes_${permissions[action].join('_or_')}`, `your role may not do that`);
};

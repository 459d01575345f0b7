/**
 * What the chat should do, written a second time and naively: lists, loops and if-s, no SQL, no locks, no entity of the
 * domain. Every act says how it should end and which events it should announce, and changes the model.
 */

export const USERS = ['ann', 'ben', 'cleo', 'dan', 'eve'] as const;
export type Name = (typeof USERS)[number];
export const PLACES = ['open', 'hidden', 'pair'] as const;
export type Place = (typeof PLACES)[number];
export type RoleName = 'owner' | 'admin' | 'member';

export const MEMBERS_PER_GROUP = 4;

export interface Entry {
  /** Undefined for a notice, until its real id is known. */
  id: string | undefined;
  readonly seq: number;
  readonly sentRev: number;
  readonly sender: Name;
  readonly notice: string | undefined;
  readonly first: string;
  readonly replyTo: number | undefined;
  rev: number;
  text: string | undefined;
  edited: boolean;
}

export interface Member {
  role: RoleName;
  active: boolean;
  firstSeq: number;
  rev: number;
  joinedRev: number;
  readSeq: number;
  deliveredSeq: number;
  archived: boolean;
}

export interface Conversation {
  readonly kind: 'group' | 'private';
  title: string | undefined;
  invite: boolean;
  visible: boolean;
  rev: number;
  changedRev: number;
  readonly log: Entry[];
  readonly members: Map<Name, Member>;
}

export interface Expected {
  /** `ok`, or kind and rule of the refusal. */
  readonly outcome: string;
  /** The conversation's event first, then those of single users in any order. */
  readonly events: readonly string[];
}

const refused = (kind: string, rule: string): Expected => ({ outcome: `${kind} ${rule}`, events: [] });
const unchanged: Expected = { outcome: 'ok', events: [] };
const stranger = refused('not_found', 'conversation_not_found');
const fixed = refused('conflict', 'private_is_fixed');
const lastOwner = refused('conflict', 'last_owner');

export class Model {
  readonly places = new Map<Place, Conversation>();
  readonly blocks = new Set<string>();
  readonly urevs = new Map<Name, number>(USERS.map((user) => [user, 0]));

  /** @param opening the ids of the entries that opened the groups */
  constructor(opening: ReadonlyMap<Place, string>) {
    this.#open('open', 'group', true, ['ann', 'ben', 'cleo']);
    this.#open('hidden', 'group', false, ['ben', 'ann']);
    this.#open('pair', 'private', true, ['ann', 'ben']);
    for (const [place, id] of opening) this.at(place).log[0]!.id = id; // a group has one
  }

  at(place: Place): Conversation {
    return this.places.get(place)!; // all three were opened
  }

  member(place: Place, user: Name): Member | undefined {
    const member = this.at(place).members.get(user);
    return member?.active ? member : undefined;
  }

  active(place: Place): [Name, Member][] {
    return [...this.at(place).members].filter(([, member]) => member.active);
  }

  visible(place: Place, user: Name): Entry[] {
    const from = this.member(place, user)?.firstSeq ?? Infinity;
    return this.at(place).log.filter(({ seq }) => seq >= from);
  }

  unread(place: Place, user: Name): number {
    const { readSeq = 0 } = this.member(place, user) ?? {};
    return this.visible(place, user).filter(
      (one) => one.seq > readSeq && one.sender !== user && !one.notice && one.text !== undefined,
    ).length;
  }

  send(place: Place, sender: Name, id: string, text: string, replyTo: number | undefined): Expected {
    const conversation = this.at(place);
    const holder = conversation.log.find((one) => one.id === id);
    const same =
      holder && !holder.notice && holder.sender === sender && holder.first === text && holder.replyTo === replyTo;
    if (same) return { outcome: `ok ${holder.seq}/${holder.sentRev} again`, events: [] };
    const member = this.member(place, sender);
    if (!member) return stranger;
    if (holder) return refused('conflict', 'message_id_taken');
    if (conversation.kind === 'private' && this.#blocked('ann', 'ben')) return refused('forbidden', 'blocked');
    if (replyTo !== undefined) {
      const answered = conversation.log[replyTo - 1];
      if (!answered || answered.text === undefined || replyTo < member.firstSeq)
        return refused('invalid', 'reply_to_unknown');
    }
    const rev = ++conversation.rev;
    const seq = conversation.log.length + 1;
    const entry = { id, seq, sentRev: rev, rev, sender, notice: undefined, first: text, text, replyTo, edited: false };
    conversation.log.push(entry);
    return { outcome: `ok ${seq}/${rev}`, events: [`message.sent ${place} ${rev}`] };
  }

  edit(place: Place, by: Name, seq: number, text: string, knownRev: number | undefined): Expected {
    const entry = this.visible(place, by).find((one) => one.seq === seq);
    if (!this.member(place, by)) return stranger;
    if (!entry) return refused('not_found', 'message_not_found');
    if (entry.sender !== by) return refused('forbidden', 'only_authors_edit');
    if (entry.notice) return refused('forbidden', 'only_text_is_edited');
    if (entry.text === undefined) return refused('conflict', 'message_deleted');
    if (knownRev !== undefined && knownRev !== entry.rev) return refused('conflict', 'stale_rev');
    if (entry.text === text) return unchanged;
    entry.text = text;
    entry.edited = true;
    entry.rev = ++this.at(place).rev;
    return { outcome: 'ok', events: [`message.edited ${place} ${entry.rev}`] };
  }

  delete(place: Place, by: Name, seq: number): Expected {
    const member = this.member(place, by);
    const entry = this.visible(place, by).find((one) => one.seq === seq);
    if (!member) return stranger;
    if (!entry) return refused('not_found', 'message_not_found');
    if (entry.notice) return refused('forbidden', 'system_entries_stay');
    if (entry.sender !== by && member.role === 'member')
      return refused('forbidden', 'delete_others_messages_takes_owner_or_admin');
    if (entry.text === undefined) return unchanged;
    entry.text = undefined;
    entry.rev = ++this.at(place).rev;
    return { outcome: 'ok', events: [`message.deleted ${place} ${entry.rev}`] };
  }

  add(place: Place, by: Name, users: readonly Name[]): Expected {
    const conversation = this.at(place);
    const member = this.member(place, by);
    if (!member) return stranger;
    if (conversation.kind === 'private') return fixed;
    if (!conversation.invite && member.role === 'member')
      return refused('forbidden', 'add_members_takes_owner_or_admin');
    if (users.some((user) => this.#blocked(by, user))) return refused('forbidden', 'blocked');
    const joining = users.filter((user) => !this.member(place, user));
    if (this.active(place).length + joining.length > MEMBERS_PER_GROUP)
      return refused('too_large', 'members_per_group');
    if (joining.length === 0) return unchanged;
    const { rev, seq } = this.#notice(place, by, 'members.added');
    for (const user of joining) {
      const readSeq = Math.max(conversation.members.get(user)?.readSeq ?? 0, seq - 1);
      const deliveredSeq = Math.max(conversation.members.get(user)?.deliveredSeq ?? 0, seq - 1);
      const firstSeq = conversation.visible ? 1 : seq;
      const joined = {
        role: 'member',
        active: true,
        firstSeq,
        rev,
        joinedRev: rev,
        readSeq,
        deliveredSeq,
        archived: false,
      } as const;
      conversation.members.set(user, joined);
    }
    return {
      outcome: 'ok',
      events: [`members.added ${place} ${rev}`, ...joining.map((user) => this.#own('membership.joined', user))],
    };
  }

  remove(place: Place, by: Name, user: Name): Expected {
    const member = this.member(place, by);
    const target = this.member(place, user);
    if (!member) return stranger;
    if (this.at(place).kind === 'private') return fixed;
    if (by === user) return refused('invalid', 'remove_self');
    if (member.role === 'member') return refused('forbidden', 'remove_member_takes_owner_or_admin');
    if (!target) return refused('not_found', 'member_not_found');
    if (target.role !== 'member' && member.role !== 'owner') return refused('forbidden', 'remove_admin_takes_owner');
    return this.#goes(place, by, user, 'member.removed');
  }

  leave(place: Place, by: Name): Expected {
    const member = this.member(place, by);
    if (!member) return stranger;
    if (this.at(place).kind === 'private') return refused('conflict', 'private_is_never_left');
    if (this.#onlyOwner(place, member) && this.active(place).length > 1) return lastOwner;
    return this.#goes(place, by, by, 'member.left');
  }

  changeRole(place: Place, by: Name, user: Name, role: RoleName): Expected {
    const member = this.member(place, by);
    const target = this.member(place, user);
    if (!member) return stranger;
    if (this.at(place).kind === 'private') return fixed;
    if (member.role !== 'owner') return refused('forbidden', 'change_roles_takes_owner');
    if (!target) return refused('not_found', 'member_not_found');
    if (target.role === role) return unchanged;
    if (this.#onlyOwner(place, target)) return lastOwner;
    target.role = role;
    target.rev = this.#notice(place, by, 'member.role_changed').rev;
    return { outcome: 'ok', events: [`member.role_changed ${place} ${target.rev}`] };
  }

  update(
    place: Place,
    by: Name,
    change: { title?: string | undefined; invite?: boolean | undefined; visible?: boolean | undefined },
  ): Expected {
    const conversation = this.at(place);
    const member = this.member(place, by);
    if (!member) return stranger;
    if (conversation.kind === 'private') return fixed;
    const { title = conversation.title, invite = conversation.invite, visible = conversation.visible } = change;
    const renamed = title !== conversation.title;
    const policies = invite !== conversation.invite || visible !== conversation.visible;
    if (renamed && member.role === 'member') return refused('forbidden', 'rename_takes_owner_or_admin');
    if (policies && member.role === 'member') return refused('forbidden', 'change_policies_takes_owner_or_admin');
    if (!renamed && !policies) return unchanged;
    Object.assign(conversation, { title, invite, visible });
    conversation.changedRev = renamed ? this.#notice(place, by, 'conversation.renamed').rev : ++conversation.rev;
    return { outcome: 'ok', events: [`conversation.updated ${place} ${conversation.rev}`] };
  }

  read(place: Place, user: Name, seq: number, how: 'read' | 'delivered'): Expected {
    const member = this.member(place, user);
    if (!member) return stranger;
    const to = Math.min(seq, this.at(place).log.length);
    const [readBefore, deliveredBefore] = [member.readSeq, member.deliveredSeq];
    if (how === 'read') member.readSeq = Math.max(readBefore, to);
    member.deliveredSeq = Math.max(deliveredBefore, to);
    // the delivery cursor never trails the read cursor, so a mark that moves nothing moves neither
    if (member.readSeq === readBefore && member.deliveredSeq === deliveredBefore) return unchanged;
    const receipt = `message.${how} ${user} ${member.readSeq}/${member.deliveredSeq}`;
    return {
      outcome: 'ok',
      events: member.readSeq > readBefore ? [this.#own('membership.changed', user), receipt] : [receipt],
    };
  }

  archive(place: Place, user: Name, archived: boolean): Expected {
    const member = this.member(place, user);
    if (!member) return stranger;
    if (member.archived === archived) return unchanged;
    member.archived = archived;
    return { outcome: 'ok', events: [this.#own('membership.changed', user)] };
  }

  block(user: Name, other: Name, blocked: boolean): Expected {
    if (user === other) return refused('invalid', 'block_oneself');
    const key = `${user} ${other}`;
    if (this.blocks.has(key) === blocked) return unchanged;
    if (blocked) this.blocks.add(key);
    else this.blocks.delete(key);
    return { outcome: 'ok', events: [this.#own('block.changed', user)] };
  }

  #open(place: Place, kind: 'group' | 'private', visible: boolean, users: readonly Name[]): void {
    const group = kind === 'group';
    const conversation = {
      kind,
      title: group ? place : undefined,
      invite: false,
      visible,
      rev: 0,
      changedRev: 1,
      log: [],
      members: new Map(),
    };
    this.places.set(place, conversation);
    if (group)
      this.#notice(place, users[0]!, 'conversation.created'); // there are some
    else this.at(place).rev = 1;
    const start = { active: true, firstSeq: 1, rev: 1, joinedRev: 1, readSeq: 0, deliveredSeq: 0, archived: false };
    for (const user of users) {
      this.at(place).members.set(user, { ...start, role: group && user === users[0] ? 'owner' : 'member' });
      this.#own('membership.joined', user);
    }
  }

  #goes(place: Place, by: Name, user: Name, event: string): Expected {
    const { rev } = this.#notice(place, by, event);
    Object.assign(this.at(place).members.get(user)!, { active: false, rev }); // they were looked at before
    return { outcome: 'ok', events: [`${event} ${place} ${rev}`, this.#own('membership.left', user)] };
  }

  #notice(place: Place, sender: Name, notice: string): Entry {
    const conversation = this.at(place);
    const rev = ++conversation.rev;
    const seq = conversation.log.length + 1;
    const entry = {
      id: undefined,
      seq,
      sentRev: rev,
      rev,
      sender,
      notice,
      first: '',
      text: notice,
      replyTo: undefined,
      edited: false,
    };
    conversation.log.push(entry);
    return entry;
  }

  /** Takes the user's next urev. */
  #own(event: string, user: Name): string {
    const urev = (this.urevs.get(user) ?? 0) + 1;
    this.urevs.set(user, urev);
    return `${event} ${user} ${urev}`;
  }

  #onlyOwner(place: Place, member: Member): boolean {
    return member.role === 'owner' && this.active(place).filter(([, { role }]) => role === 'owner').length === 1;
  }

  #blocked(a: Name, b: Name): boolean {
    return this.blocks.has(`${a} ${b}`) || this.blocks.has(`${b} ${a}`);
  }
}

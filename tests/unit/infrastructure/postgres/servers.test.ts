import { describe, expect, it } from 'vitest';
import { addressesIn } from '#app/infrastructure/postgres/addresses.ts';
import { DatabaseAway } from '#app/infrastructure/postgres/failure.ts';
import { Servers } from '#app/infrastructure/postgres/servers.ts';

describe('a database URL', () => {
  it.each([
    ['postgres://u:p@h/x', ['postgres://u:p@h/x']],
    ['postgresql:///x?host=/run/pg', ['postgresql:///x?host=/run/pg']],
    ['postgres://u:p@%2Frun%2Fpg:5433/x', ['postgres://u:p@%2Frun%2Fpg:5433/x']],
    ['postgresql://u:p@a:1,b:2/x?target_session_attrs=read-write', ['a:1', 'b:2']],
    ['postgresql://u:p@a,[::1]:2,c.example:3/x?target_session_attrs=primary', ['a', '[::1]:2', 'c.example:3']],
    ['postgres://u:a,b@a,b/x', ['a', 'b']],
  ])('%s names its servers', (url, expected) => {
    const [, before = '', after = ''] = /^(.*@)[^/?]*(.*)$/.exec(url) ?? [];
    expect(addressesIn(url)).toEqual(expected.map((one) => (one.includes('//') ? one : `${before}${one}${after}`)));
  });

  it.each([
    '',
    'h/x',
    'mysql://a,b/x',
    'postgres://a,b:x/x',
    'postgres://a,/x',
    'postgres://a,a/x',
    'postgres://a b,c/x',
  ])('%j is none', (url) => expect(addressesIn(url)).toBeUndefined());
});

describe('the servers of a database', () => {
  const ONE = 'postgres://u:p@a/x';
  const OTHER = 'postgres://u:p@b/x';
  const theServers = () => new Servers('postgres://u:p@a,b/x');
  const first = { system: '7', timeline: 1 };

  it('are tried in turn, and one that several found wanting is passed over once', () => {
    const servers = theServers();
    expect(servers.address).toBe(ONE);
    servers.passOver(ONE);
    servers.passOver(ONE);
    expect([servers.address, servers.passed]).toEqual([OTHER, 1]);
    servers.passOver(OTHER);
    expect([servers.address, servers.passed]).toEqual([ONE, 2]);
  });

  it('are left for another history, which is told once', () => {
    const servers = theServers();
    let left = 0;
    servers.onLeft(() => left++);
    for (const timeline of [1, 1, 2, 2]) servers.found({ ...first, timeline }, ONE);
    expect([left, servers.generation]).toEqual([1, 1]);
    servers.found({ system: '8', timeline: 1 }, ONE);
    expect([left, servers.generation]).toEqual([2, 2]);
  });

  it('are not gone back to once another has taken over', () => {
    const servers = theServers();
    let strays = 0;
    servers.onStray(() => strays++);
    servers.found({ ...first, timeline: 2 }, OTHER);
    for (let n = 0; n < 3; n++) expect(() => servers.found(first, ONE)).toThrow(DatabaseAway);
    expect([strays, servers.generation]).toEqual([1, 0]);
    servers.found({ ...first, timeline: 2 }, OTHER);
    expect(() => servers.found(first, ONE)).toThrow(DatabaseAway);
    expect([strays, servers.generation]).toEqual([2, 0]);
  });

  it('are copies of one: a server of another cluster is refused by name and without the password, as long as the first is what it was', () => {
    const servers = theServers();
    const strays: string[] = [];
    servers.onStray((why) => strays.push(why));
    const foreign = { system: '8', timeline: 5 };
    servers.found(first, ONE);
    for (let n = 0; n < 3; n++) expect(() => servers.found(foreign, OTHER)).toThrow(DatabaseAway);
    servers.found(first, ONE);
    expect([strays, servers.generation]).toEqual([[expect.stringMatching(/^b: .*another cluster/)], 0]);
    servers.found(foreign, ONE);
    servers.found(foreign, OTHER);
    expect(servers.generation).toBe(1);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { LimitClass } from '#app/application/ports/rate-limiter.ts';
import type { AnyCommand } from '#app/interfaces/commands/command.ts';
import { closeCodes } from '#app/interfaces/protocol/close-codes.ts';
import { errorCodes, statusOf } from '#app/interfaces/protocol/errors.ts';
import { events, type WireEventType } from '#app/interfaces/protocol/events.ts';
import { everyCommand } from '../../support/every-command.ts';

const path = join(import.meta.dirname, '../../../docs/protocol.md');
const text = readFileSync(path, 'utf8');
const commands = new Map((await everyCommand()).map((command) => [command.type, command]));
const rows = text.split('\n').filter((line) => line.startsWith('| '));

const commandTable = [
  '| command | who | class | HTTP | what it does |',
  '| --- | --- | --- | --- | --- |',
  ...[...commands.values()].toSorted((a, b) => (a.type < b.type ? -1 : 1)).map(rowOf),
].join('\n');

function rowOf({ type, access, limit, http, overHttp, summary }: AnyCommand): string {
  const route = http ? `\`${http.method} ${http.path}\`` : overHttp === false ? '–' : `\`POST /v1/commands/${type}\``;
  return `| \`${type}\` | ${access} | \`${limit}\` | ${route} | ${summary.replaceAll('|', '\\|')} |`;
}

describe('docs/protocol.md', () => {
  it('lists every command as the catalogue has it', async () => {
    const table = /(<!-- commands:[^\n]*-->\n)[^]*?(<!-- \/commands -->)/;
    expect(text).toMatch(table);
    await expect(text.replace(table, `$1\n${commandTable}\n\n$2`)).toMatchFileSnapshot(path);
  });

  it.each(Object.keys(events))('says what to do with the event %s', (type) => {
    expect(rows.some((row) => row.startsWith(`| \`${type}\` |`))).toBe(true);
  });

  it.each(errorCodes)('says what the code %s means, with its HTTP status', (code) => {
    expect(rows.some((row) => row.startsWith(`| \`${code}\` | ${statusOf[code]} |`))).toBe(true);
  });

  it.each(Object.values(closeCodes))('says what to do after the close code %i', (code) => {
    const row = rows.find((line) => line.startsWith(`| ${code} |`));
    expect(row).toBeDefined();
    expect(row?.includes('stop:')).toBe(code >= 4_500);
  });

  it.each(Object.keys(LimitClass))('explains the limit class %s', (limit) => {
    expect(rows.some((row) => row.startsWith(`| \`${limit}\` |`))).toBe(true);
  });

  it('points only to headings that exist', () => {
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    for (const [, anchor] of text.matchAll(/\]\(#([\w-]+)\)/g)) expect(headings).toContain(anchor);
  });
});

interface Frame {
  readonly id?: number;
  readonly type?: string;
  readonly ok?: boolean;
  readonly data?: unknown;
  readonly error?: { readonly code: string };
}
const frames = [...text.matchAll(/^([→←]) (\{.*\})$/gm)].map(
  ([, arrow, frame = '']) => [arrow, frame, JSON.parse(frame) as Frame] as const,
);

describe('its examples', () => {
  it('are there', () => {
    expect(frames.length).toBeGreaterThan(15);
  });

  it.each(frames)('%s %s', (arrow, _text, { id, type, ok, data, error }) => {
    if (arrow === '→') return expectFits(commands.get(type ?? '')?.input, data, id === 8);
    if (id === undefined) return expectFits(events[type as WireEventType].data, data);
    const asked = frames.find(([direction, , frame]) => direction === '→' && frame.id === id)?.[2];
    const command = commands.get(asked?.type ?? '');
    if (ok) return expectFits(command?.output, data);
    return expect(errorCodes).toContain(error?.code);
  });
});

/** `wrong` for the one example that shows a refusal. */
const expectFits = (schema: v.GenericSchema | undefined, data: unknown, wrong = false): void => {
  expect(schema && v.safeParse(schema, data).issues?.map((issue) => v.getDotPath(issue))).toEqual(
    wrong ? ['content'] : undefined,
  );
  expect(schema).toBeDefined();
};

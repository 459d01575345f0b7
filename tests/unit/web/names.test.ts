import { describe, expect, it } from 'vitest';
import {
  handleError,
  handleOf,
  newPasswordError,
  refusedErrors,
} from '../../../clients/web/src/account/credential-errors.ts';
import { pathOf, placeOf } from '../../../clients/web/src/app/place.ts';
import { daysBetween, formatsOf } from '../../../clients/web/src/i18n/formats.ts';
import { ownDevice } from '../../../clients/web/src/own-device.ts';
import { initialsOf } from '../../../clients/web/src/ui/initials.ts';
import { Refused } from '@tertulia/client';

it.each([
  ['Ann Lindqvist', 'AL'],
  ['  ann  ', 'A'],
  ['Hubert Blaine the Elder', 'HE'],
  ['陈美玲', '陈'],
  ['Боб Петров', 'БП'],
  ['عمر الحسيني', 'عا'],
  ['👩‍👩‍👧 Family', '👩‍👩‍👧F'],
  ['(the) "choir"', 'TC'],
  ['!!!', '!'],
  ['', ''],
])('the initials of %j are %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

describe('a place', () => {
  const id = '01a1fc29-95c6-7248-b869-c7999d329a6d';
  it.each([
    ['/', { at: 'home' }],
    [`/c/${id}`, { at: 'chat', id, details: false }],
    [`/c/${id}/details`, { at: 'chat', id, details: true }],
    ['/settings', { at: 'settings' }],
  ] as const)('is told by %s, and tells it', (path, place) => {
    expect(placeOf(path)).toEqual(place);
    expect(pathOf(place)).toBe(path);
  });
  it.each(['/c/', '/c/../../v1', '/c/<script>', '/elsewhere', `/c/${id}/x`])('is home for %s', (path) => {
    expect(placeOf(path)).toEqual({ at: 'home' });
  });
});

describe('times', () => {
  const now = new Date(2026, 10, 21, 12);
  const { shortly } = formatsOf('en-GB');
  it('are short: the hour today, the weekday within a week, then the date', () => {
    expect(shortly(new Date(2026, 10, 21, 0, 5), now)).toBe('00:05');
    expect(shortly(new Date(2026, 10, 20, 23, 59), now)).toBe('Fri');
    expect(shortly(new Date(2026, 10, 14, 12), now)).toBe('14 Nov');
    expect(shortly(new Date(2025, 10, 21, 12), now)).toBe('21 Nov 2025');
    expect(shortly(new Date(2026, 10, 22, 12), now)).toBe('22 Nov');
  });
  it('count midnights, not hours, also where the clocks change', () => {
    expect(daysBetween(new Date(2026, 10, 20, 23, 59), new Date(2026, 10, 21, 0, 1))).toBe(1);
    expect(daysBetween(new Date(2026, 2, 28, 12), new Date(2026, 2, 30, 1))).toBe(2);
  });
});

describe('what somebody types', () => {
  it('is folded to a handle as the server does', () => {
    expect(handleOf(' @ＡnnＳ ')).toBe('anns');
    expect(handleError('An')).toBe('field.error.handle');
    expect(handleError('Ann_1')).toBeUndefined();
    expect(handleError(' ')).toBe('field.error.required');
  });
  it('is a password from 8 characters on, whatever their size', () => {
    expect(newPasswordError('👍👍👍👍👍👍👍')).toBe('field.error.passwordShort');
    expect(newPasswordError('👍👍👍👍👍👍👍👍')).toBeUndefined();
    expect(newPasswordError('a'.repeat(1_025))).toBe('field.error.passwordLong');
  });
  it('is explained field by field when the server refuses it', () => {
    const details = [{ path: 'password', expected: 'a password that is not among the most common ones' }];
    const fields = ['handle', 'password'] as const;
    expect(refusedErrors(new Refused('invalid', '', 'invalid_input', details), fields)).toEqual({
      password: 'field.error.passwordWeak',
    });
    expect(refusedErrors(new Refused('conflict', '', 'handle_taken'), fields)).toEqual({
      handle: 'field.error.handleTaken',
    });
    expect(refusedErrors(new Refused('internal', ''), fields)).toEqual({});
    expect(refusedErrors(new Error(), fields)).toEqual({});
  });
});

it.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Chrome (Linux)',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1',
    'Safari (iPhone)',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0',
    'Edge (Windows)',
  ],
  ['Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0', 'Firefox (Android)'],
  ['curl/8', 'Browser'],
])('a device names itself: %s', (agent, name) => {
  expect(ownDevice(agent).name).toBe(name);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { InProcessEventBus } from '#app/application/in-process-event-bus.ts';
import type { DomainEvent } from '#app/domain/shared/domain-event.ts';

const started: DomainEvent = { type: 'server.started', pid: 1, address: '127.0.0.1:8301', node: 'a' };
const stopped: DomainEvent = { type: 'server.stopped', pid: 1, node: 'a' };
const turn = () => new Promise((resolve) => setImmediate(resolve));

let heard: string[];
let faults: { error: unknown; where: string }[];
let counted: string[];
let bus: InProcessEventBus;
const hears = (name: string) => (event: DomainEvent) => void heard.push(`${name} ${event.type}`);

beforeEach(() => {
  [heard, faults, counted] = [[], [], []];
  bus = new InProcessEventBus(
    { info: () => {}, warn: () => {}, fault: (error, where) => `id-${faults.push({ error, where })}` },
    { count: (name, labels) => void counted.push(`${name} ${labels?.event}`), gauge: () => {}, observe: () => {} },
  );
});

describe('the event bus', () => {
  it('calls listeners in the order of their registration, those of everything among them, before publish returns', () => {
    bus.on('server.started', hears('first'));
    bus.on('*', hears('second'));
    bus.on('server.started', hears('third'));
    bus.on('server.stopped', hears('other'));
    bus.publish(started);
    expect(heard).toEqual(['first server.started', 'second server.started', 'third server.started']);
  });

  it('does nothing when nobody listens', () => {
    bus.publish(started);
    expect(heard).toEqual([]);
    expect(bus.hears('server.started')).toBe(false);
  });

  it('knows whether anybody listens to a type', () => {
    const end = bus.on('server.started', hears('one'));
    expect(bus.hears('server.started')).toBe(true);
    expect(bus.hears('server.stopped')).toBe(false);
    end();
    expect(bus.hears('server.started')).toBe(false);
    bus.on('*', hears('all'));
    expect(bus.hears('server.stopped')).toBe(true);
  });

  it('calls the same listener as often as it was registered, and ends one registration at a time', () => {
    const listener = hears('twice');
    const end = bus.on('server.started', listener);
    bus.on('server.started', listener);
    bus.publish(started);
    end();
    end();
    bus.publish(started);
    expect(heard).toHaveLength(3);
  });

  it('does not call a listener that was ended while an event was on its way', () => {
    bus.on('server.started', () => end());
    const end = bus.on('server.started', hears('ended'));
    bus.publish(started);
    expect(heard).toEqual([]);
  });

  it('does not tell a listener of an event that came before it', () => {
    bus.on('server.started', () => void bus.on('server.started', hears('late')));
    bus.publish(started);
    expect(heard).toEqual([]);
  });

  it('delivers what a listener publishes after the event at hand, in one order for all', () => {
    bus.on('server.started', () => bus.publish(stopped));
    bus.on('*', hears('witness'));
    bus.publish(started);
    expect(heard).toEqual(['witness server.started', 'witness server.stopped']);
  });

  it('ends a loop of listeners instead of the process', () => {
    bus.on('server.started', () => bus.publish(started));
    bus.publish(started);
    expect(new Set(counted)).toEqual(new Set(['events_dropped_total server.started']));
    bus.on('server.stopped', hears('after'));
    bus.publish(stopped);
    expect(heard).toEqual(['after server.stopped']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('survives a listener that %s: noted, counted, told, and harmful to nobody', async (_how, broken) => {
    bus.on('server.started', broken);
    bus.on('server.started', hears('next'));
    const told: DomainEvent[] = [];
    bus.on('error.occurred', (event) => void told.push(event));
    bus.publish(started);
    await turn();
    expect(heard).toEqual(['next server.started']);
    expect(faults).toEqual([{ error: new Error('broken'), where: 'listener of server.started' }]);
    expect(counted).toEqual(['listener_failures_total server.started']);
    expect(told).toEqual([{ type: 'error.occurred', correlationId: 'id-1', where: 'listener of server.started' }]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('again');
      },
    ],
    ['rejects', () => Promise.reject(new Error('again'))],
  ])('does not tell a listener of errors that %s of its own failure', async (_how, broken) => {
    bus.on('error.occurred', broken);
    bus.on('server.started', () => {
      throw new Error('first');
    });
    bus.publish(started);
    await turn();
    await turn();
    expect(faults.map(({ where }) => where)).toEqual(['listener of server.started', 'listener of error.occurred']);
  });

  it('works on after the journal itself failed', () => {
    const broken = new InProcessEventBus(
      {
        info: () => {},
        warn: () => {},
        fault: () => {
          throw new Error('disk full');
        },
      },
      { count: () => {}, gauge: () => {}, observe: () => {} },
    );
    const end = broken.on('server.started', () => {
      throw new Error('first');
    });
    expect(() => broken.publish(started)).toThrow('disk full');
    end();
    broken.on('server.started', hears('still'));
    broken.publish(started);
    expect(heard).toEqual(['still server.started']);
  });
});

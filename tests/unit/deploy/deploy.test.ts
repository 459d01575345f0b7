import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { keyNames } from '#app/infrastructure/config/keys.ts';
import { readConfig } from '#app/infrastructure/config/read-config.ts';

// There may be no Docker and no Kubernetes where this runs: what their files say of this repository is held to it.
const root = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const dockerfile = read('deploy/Dockerfile');
const compose = read('deploy/compose.yaml');
const kubernetes = readdirSync(join(root, 'deploy/kubernetes')).map((name) => read(`deploy/kubernetes/${name}`));
const settings = readConfig({});

/** Of each COPY that takes from the repository: what it takes. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words]) =>
  words!.split(' ').slice(0, -1),
); // it has words

describe('the Dockerfile', () => {
  it('stands on the Node that the repository brings', () => {
    const wanted = /^wanted=(.+)$/m.exec(read('scripts/with-node.sh'))?.[1];
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(bases).toEqual(Array.from({ length: 3 }, () => `node:${wanted}-bookworm-slim`));
  });

  it.each(copied)('copies %s, which is there, and which .dockerignore lets through', (path) => {
    expect(existsSync(join(root, path))).toBe(true);
    const lets = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    expect(lets.some((line) => path === line.slice(1) || path.startsWith(`${line.slice(1)}/`))).toBe(true);
  });

  it('installs every workspace’s manifest before it installs', () => {
    for (const name of readdirSync(join(root, 'clients')))
      if (existsSync(join(root, 'clients', name, 'package.json')))
        expect(copied).toContain(`clients/${name}/package.json`);
    expect(manifest.workspaces).toEqual(['clients/*']);
  });

  it('runs it as the Makefile does, as nobody of importance, and lets SIGTERM drain', () => {
    const flags = /^NODE_FLAGS = (.+)$/m.exec(read('Makefile'))?.[1]?.split(' ');
    const entry = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
    expect(entry).toEqual(['node', ...flags!, manifest.bin.tertulia]); // the Makefile has them
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(dockerfile).toMatch(/HOST=0\.0\.0\.0/);
    expect(dockerfile).toMatch(/HEALTHCHECK[^]*\/healthz/);
    expect(dockerfile.lastIndexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('RUN '));
  });
});

describe('the files for compose and Kubernetes', () => {
  const [example] = [read('deploy/.env.example')];

  it('know only settings that exist', () => {
    const node = compose.slice(compose.indexOf('x-node'), compose.indexOf('networks: [front, back]'));
    const named = [
      ...node.slice(node.indexOf('environment:')).matchAll(/^ {4}([A-Z_]+):/gm),
      ...kubernetes.flatMap((text) => [...text.matchAll(/^ {2}([A-Z_]{4,}):/gm)]),
    ].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(7);
    expect(named.filter((name) => !keyNames.some((key) => key === name))).toEqual([]);
  });

  it('hold no secret and no default for one', () => {
    const asked = new Set([...compose.matchAll(/\$\{([A-Z_]+)(:?[?-])?/g)].map(([, name, kind]) => `${name}${kind}`));
    expect(asked).toEqual(new Set(['POSTGRES_PASSWORD:?', 'REDIS_PASSWORD:?', 'JWT_SECRET:?', 'ALLOWED_ORIGINS-']));
    expect([...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, , value]) => value)).toEqual(['', '', '', '']);
    expect(kubernetes.join('\n')).not.toMatch(/kind: Secret|stringData/);
  });

  it('give a node longer to end than it may take', () => {
    const drains = settings.drainNoticeMs + settings.drainMs;
    expect(Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1]) * 1_000).toBeGreaterThan(drains + 5_000);
    const [deployment] = kubernetes.filter((text) => text.includes('kind: Deployment'));
    const seconds = (name: string) => Number(new RegExp(`${name}: "?(\\d+)`).exec(deployment ?? '')?.[1]);
    expect(seconds('terminationGracePeriodSeconds')).toBeGreaterThan(
      seconds('DRAIN_NOTICE_SECONDS') + seconds('DRAIN_SECONDS') + 10,
    );
    // Two looks of the kubelet fit into the notice.
    const [, readiness = ''] = (deployment ?? '').split('readinessProbe:');
    const [period, failures] = ['periodSeconds', 'failureThreshold'].map((name) =>
      Number(new RegExp(`${name}: (\\d+)`).exec(readiness)?.[1]),
    ) as [number, number];
    expect(seconds('DRAIN_NOTICE_SECONDS')).toBeGreaterThan(period * failures);
  });
});

describe('the balancers', () => {
  const haproxy = read('deploy/haproxy.cfg');
  const nginx = read('deploy/nginx.conf');
  const said = (text: string) => text.replaceAll(/#.*$/gm, '');

  it('HAProxy has taken a draining node out before the notice is over', () => {
    const ms = (name: string) => {
      const [, number, unit] = new RegExp(`\\b${name} (\\d+)(ms|s)`).exec(said(haproxy)) ?? [];
      return Number(number) * (unit === 's' ? 1_000 : 1);
    };
    const fall = Number(/\bfall (\d+)/.exec(said(haproxy))?.[1]);
    expect(ms('inter') + (fall - 1) * ms('fastinter')).toBeLessThanOrEqual(settings.drainNoticeMs - 1_000);
  });

  it('wait longer than two heartbeats before they call a socket dead', () => {
    const quiet = 2 * settings.limits.pingMs;
    expect(Number(/timeout tunnel\s+(\d+)s/.exec(said(haproxy))?.[1]) * 1_000).toBeGreaterThan(quiet);
    for (const name of ['proxy_read_timeout', 'proxy_send_timeout'])
      expect(Number(new RegExp(`${name} (\\d+)s`).exec(said(nginx))?.[1]) * 1_000).toBeGreaterThan(quiet);
  });

  it('cut no socket because a node is not ready, or because they are reloaded', () => {
    expect(said(haproxy)).not.toMatch(/shutdown-sessions|hard-stop-after/);
  });

  it('are those that nodes listen for', () => {
    for (const text of [haproxy, nginx]) expect(said(text)).toContain(`node-1:${settings.listen.port}`);
  });
});

import type { TestProject } from 'vitest/node';
import { startServices, type RunningServices } from './services.ts';

/** Each vitest project calls this in a module world of its own; all of one run share one set of services. */
const shared = globalThis as { tertuliaServices?: { running: Promise<RunningServices>; users: number } };

export default async (project: TestProject) => {
  const first = !shared.tertuliaServices;
  const services = (shared.tertuliaServices ??= { running: startServices(process.env), users: 0 });
  services.users++;
  const { databaseUrl, template, redisUrl, origin } = await services.running;
  if (first) process.stderr.write(`Services: ${origin}\n`);
  project.provide('services', { databaseUrl, template, redisUrl });

  return async () => {
    if (--services.users > 0) return;
    delete shared.tertuliaServices;
    await (await services.running).stop();
  };
};

import { type DependencyContainer, type InjectionToken, instanceCachingFactory } from 'tsyringe';

/** The call keeps `T`; a bare symbol constant loses it, and swapped arguments would compile. */
export const token = <T>(name: string): InjectionToken<T> => Symbol(name);

/** Registers factories that run once, when first asked for. */
export const binder =
  (container: DependencyContainer) =>
  <T>(key: InjectionToken<T>, make: (container: DependencyContainer) => T): void => {
    container.register(key, { useFactory: instanceCachingFactory(make) });
  };

declare const brand: unique symbol;

/** A value that only its constructor can make: free at run time, impossible to mix up at compile time. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

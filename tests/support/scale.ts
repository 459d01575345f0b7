/** `make nightly` runs the counts that the guarantees name; `make test` runs few enough to stay within its minutes. */
export const times = (inSuite: number, nightly: number): number => (process.env.NIGHTLY ? nightly : inSuite);

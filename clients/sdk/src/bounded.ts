/** Keeps so many: the oldest goes when there is one more. */
export const bound = (entries: Map<string, unknown> | Set<string>, most: number): void => {
  if (entries.size > most) entries.delete(entries.keys().next().value!); // it has some
};

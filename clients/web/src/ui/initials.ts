const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const IDEOGRAPH = /^\p{Script=Han}/u;

/** The first letters of the first and last word; of a name in ideographs its first. */
export const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = initial(words[0]);
  if (words.length < 2 || IDEOGRAPH.test(first)) return first.toLocaleUpperCase();
  return (first + initial(words.at(-1))).toLocaleUpperCase();
};

const initial = (word: string | undefined): string => {
  const bare = word?.replace(/^[^\p{L}\p{N}\p{Extended_Pictographic}]+/u, '') || word || '';
  return segmenter.segment(bare)[Symbol.iterator]().next().value?.segment ?? '';
};

import styles from './Avatar.module.css';

const COLOURS = 10;

interface AvatarProps {
  /** Decides the colour: the same everywhere and for ever. */
  readonly id: string;
  readonly name: string | undefined;
  readonly size?: 'small' | 'large';
}

/** Decoration beside a name. */
export const Avatar = ({ id, name, size }: AvatarProps) => (
  <span
    className={[styles.avatar, styles[`colour${colourOf(id)}`], size && styles[size]].filter(Boolean).join(' ')}
    aria-hidden="true"
  >
    {initialsOf(name ?? '')}
  </span>
);

/** FNV-1a: near ids differ. */
const colourOf = (id: string): number => {
  let hash = 0x811c9dc5;
  for (const unit of id) hash = Math.imul(hash ^ unit.charCodeAt(0), 0x01000193);
  return (hash >>> 0) % COLOURS;
};

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

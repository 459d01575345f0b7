import { initialsOf } from './initials.ts';
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

import type { ComponentProps } from 'react';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Button.module.css';

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'link';
}

export const Button = ({ look = 'plain', className, ...rest }: ButtonProps) => (
  <button type="button" {...rest} className={[styles.button, styles[look], className].filter(Boolean).join(' ')} />
);

interface IconButtonProps extends ComponentProps<'button'> {
  readonly icon: IconName;
  /** What it does: its accessible name and its tooltip. */
  readonly label: string;
}

export const IconButton = ({ icon, label, className, ...rest }: IconButtonProps) => (
  <button
    type="button"
    aria-label={label}
    title={label}
    {...rest}
    className={[styles.icon, className].filter(Boolean).join(' ')}
  >
    <Icon name={icon} />
  </button>
);

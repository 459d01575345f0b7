import type { ComponentProps, ReactNode } from 'react';
import form from './form.module.css';

interface ChoiceProps extends Omit<ComponentProps<'input'>, 'className' | 'type'> {
  readonly type?: 'checkbox' | 'radio';
  /** As a switch: what it changes holds at once. */
  readonly asSwitch?: boolean;
  readonly children: ReactNode;
}

export const Choice = ({ type = 'checkbox', asSwitch, children, ...input }: ChoiceProps) => (
  <label className={form.choice}>
    <input {...input} type={type} role={asSwitch ? 'switch' : undefined} />
    <span>{children}</span>
  </label>
);

import type { CustomContainerComponentProps } from 'virtua';

/** The library lets nothing be touched until a scroll is long over: a row that has just come could not be pressed. */
export const Touchable = ({ style, ...rest }: CustomContainerComponentProps) => (
  <div {...rest} style={{ ...style, pointerEvents: undefined }} />
);

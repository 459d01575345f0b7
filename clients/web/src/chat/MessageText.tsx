import { memo } from 'react';
import { piecesOf } from './links.ts';

interface MessageTextProps {
  readonly text: string;
  /** Whether its links take part in the order of Tab. */
  readonly reachable: boolean;
}

/** Text is shown as text: links are the only thing in it that does anything. */
export const MessageText = memo(({ text, reachable }: MessageTextProps) =>
  piecesOf(text).map((piece, i) =>
    piece.href === undefined ? (
      piece.text
    ) : (
      <a
        key={i}
        href={piece.href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        tabIndex={reachable ? undefined : -1}
        dir="ltr"
      >
        {piece.text}
      </a>
    ),
  ),
);

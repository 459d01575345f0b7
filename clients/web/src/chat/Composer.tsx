import type { Conversation, MessageView } from '@tertulia/client';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef } from 'react';
import { useClient } from '../app/client.ts';
import { useWords } from '../i18n/words.tsx';
import { IconButton } from '../ui/Button.tsx';
import { ComposerContext } from './ComposerContext.tsx';
import { LONGEST_DRAFT } from './drafts.ts';
import { useWriting } from './use-writing.ts';
import styles from './Composer.module.css';

export interface Composing {
  readonly replyTo?: MessageView;
  readonly editing?: MessageView;
}

interface ComposerProps {
  readonly conversation: Conversation;
  readonly composing: Composing;
  /** Back to an ordinary message. */
  onDone(): void;
  onEditLast(): void;
}

export const Composer = ({ conversation, composing, onDone, onEditLast }: ComposerProps) => {
  const { t } = useWords();
  const client = useClient();
  const input = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const { editing, replyTo } = composing;
  const { text, left, sendable, write, submit } = useWriting(conversation, composing, onDone);
  useFocus(input, composing);
  useAutoGrow(input, text);

  const pressed = (event: KeyboardEvent) => {
    // Enter that ends a word in an input method sends nothing; 229 is how some browsers say it.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Escape' && (editing || replyTo)) {
      event.preventDefault();
      onDone();
    } else if (event.key === 'ArrowUp' && text === '' && !editing && !event.altKey) {
      event.preventDefault();
      onEditLast();
    }
  };
  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
        input.current?.focus();
      }}
    >
      <ComposerContext composing={composing} client={client} onCancel={onDone} />
      <div className={styles.line}>
        <textarea
          ref={input}
          className={styles.input}
          rows={1}
          dir="auto"
          enterKeyHint="send"
          maxLength={LONGEST_DRAFT}
          aria-label={t('composer.label')}
          aria-describedby={left === undefined ? undefined : hintId}
          aria-invalid={(left ?? 0) < 0 || undefined}
          placeholder={t('composer.placeholder')}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={pressed}
        />
        <IconButton
          type="submit"
          icon={editing ? 'check' : 'send'}
          label={t(editing ? 'composer.save' : 'composer.send')}
          className={styles.send}
          disabled={!sendable}
        />
      </div>
      {left !== undefined && (
        <p id={hintId} className={styles.count} data-over={left < 0} role="status">
          {left < 0 ? t('composer.over', { count: -left }) : t('composer.left', { count: left })}
        </p>
      )}
    </form>
  );
};

/** Where one goes on writing; not on touch screens, where the keyboard would cover what one came to read. */
const useFocus = (input: { readonly current: HTMLTextAreaElement | null }, composing: Composing) => {
  const chosen = composing.editing ?? composing.replyTo;
  useEffect(() => {
    if (chosen || matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, [input, chosen]);
};

/** As high as what is written in it, up to what the style allows. */
const useAutoGrow = (input: { readonly current: HTMLTextAreaElement | null }, text: string) => {
  useLayoutEffect(() => {
    const { current: element } = input;
    if (!element || CSS.supports('field-sizing', 'content')) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [input, text]);
};

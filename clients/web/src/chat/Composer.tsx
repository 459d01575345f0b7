import { type Conversation, Lost, type MessageView, Refused } from '@tertulia/client';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { useClient } from '../app/client.ts';
import { errorText } from '../app/error-text.ts';
import { useWords } from '../i18n/words.tsx';
import { IconButton } from '../ui/Button.tsx';
import { useToast } from '../ui/Toaster.tsx';
import { ComposerContext } from './ComposerContext.tsx';
import { drafts } from './drafts.ts';
import styles from './Composer.module.css';

/** In code points, as the server counts. */
const LONGEST = 5_000;
/** From here on one is told how many are left. */
const TELL_LEFT = 200;
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

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
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const client = useClient();
  const input = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const { editing, replyTo } = composing;
  const [text, setText] = useState(() => drafts.get(conversation.id));
  const [edited, setEdited] = useState('');
  const shown = editing ? edited : text;
  const left = LONGEST - lengthOf(shown);
  const can = VISIBLE.test(shown) && left >= 0;

  useEffect(() => setEdited(editing?.text ?? ''), [editing]);
  useFocus(input, composing);
  useAutoGrow(input, shown);

  const write = (typed: string) => {
    if (editing) return setEdited(typed);
    setText(typed);
    drafts.set(conversation.id, typed);
  };
  const send = async () => {
    setText('');
    onDone();
    try {
      await conversation.send(text, replyTo?.seq === undefined ? {} : { replyTo: replyTo.seq });
      // Only now is it kept elsewhere: a page that goes away before has it as a draft.
      if (drafts.get(conversation.id) === text) drafts.set(conversation.id, '');
    } catch (error) {
      // What the server would refuse is refused here; what else goes wrong is that it can't be kept.
      toast(error instanceof Refused || error instanceof Lost ? errorText(words, error) : t('error.storage'));
      if (drafts.get(conversation.id) === text) setText(text); // nothing is lost, nothing newer is overwritten
    }
  };
  const save = async (message: MessageView) => {
    try {
      if (edited !== message.text) await conversation.edit(message.id, edited);
      onDone();
    } catch (error) {
      toast(errorText(words, error));
    }
  };
  const submit = () => {
    if (can) void (editing ? save(editing) : send());
  };
  const pressed = (event: KeyboardEvent) => {
    // Enter that ends a word in an input method sends nothing; 229 is how some browsers say it.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Escape' && (editing || replyTo)) {
      event.preventDefault();
      onDone();
    } else if (event.key === 'ArrowUp' && shown === '' && !editing && !event.altKey) {
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
          aria-label={t('composer.label')}
          aria-describedby={left <= TELL_LEFT ? hintId : undefined}
          aria-invalid={left < 0 || undefined}
          placeholder={t('composer.placeholder')}
          value={shown}
          onChange={(event) => write(event.target.value)}
          onKeyDown={pressed}
        />
        <IconButton
          type="submit"
          icon={editing ? 'check' : 'send'}
          label={t(editing ? 'composer.save' : 'composer.send')}
          className={styles.send}
          disabled={!can}
        />
      </div>
      {left <= TELL_LEFT && (
        <p id={hintId} className={styles.count} data-over={left < 0} role="status">
          {left < 0 ? t('composer.over', { count: -left }) : t('composer.left', { count: left })}
        </p>
      )}
    </form>
  );
};

const lengthOf = (text: string): number => (text.length <= LONGEST - TELL_LEFT ? text.length : [...text].length);

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

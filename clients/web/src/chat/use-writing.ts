import { type Conversation, Lost, type MessageView, Refused } from '@tertulia/client';
import { useEffect, useState } from 'react';
import { errorText } from '../app/error-text.ts';
import { usePresence } from '../app/presence.ts';
import { useWords } from '../i18n/words.tsx';
import { useToast } from '../ui/Toaster.tsx';
import type { Composing } from './Composer.tsx';
import { drafts } from './drafts.ts';

/** In code points, as the server counts. */
const LONGEST = 5_000;
/** From here on one is told how many are left. */
const TELL_LEFT = 200;
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

interface Writing {
  readonly text: string;
  /** Code points that may still be written, negative beyond the limit; undefined while it is far away. */
  readonly left: number | undefined;
  readonly sendable: boolean;
  write(text: string): void;
  /** Sends, or saves the change. Does nothing while it is not sendable. */
  submit(): void;
}

/** What is being written: a message, kept as a draft until it is kept elsewhere, or another wording of one. */
export const useWriting = (
  conversation: Conversation,
  { editing, replyTo }: Composing,
  onDone: () => void,
): Writing => {
  const words = useWords();
  const toast = useToast();
  const presence = usePresence();
  const [draft, setDraft] = useState(() => drafts.get(conversation.id));
  const [edited, setEdited] = useState('');
  useEffect(() => setEdited(editing?.text ?? ''), [editing]);
  const text = editing ? edited : draft;
  const left = LONGEST - lengthOf(text);
  const sendable = VISIBLE.test(text) && left >= 0;

  const send = async () => {
    presence.setTyping(conversation.id, false);
    setDraft('');
    onDone();
    try {
      await conversation.send(text, replyTo?.seq === undefined ? {} : { replyTo: replyTo.seq });
      // Only now is it kept elsewhere: a page that goes away before has it as a draft.
      if (drafts.get(conversation.id) === text) drafts.set(conversation.id, '');
    } catch (error) {
      // What the server would refuse is refused here; what else goes wrong is that it can't be kept.
      toast(error instanceof Refused || error instanceof Lost ? errorText(words, error) : words.t('error.storage'));
      if (drafts.get(conversation.id) === text) setDraft(text); // nothing is lost, nothing newer is overwritten
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
  return {
    text,
    left: left <= TELL_LEFT ? left : undefined,
    sendable,
    write(typed) {
      if (editing) return setEdited(typed);
      setDraft(typed);
      presence.setTyping(conversation.id, typed !== '');
      drafts.set(conversation.id, typed);
    },
    submit() {
      if (sendable) void (editing ? save(editing) : send());
    },
  };
};

const lengthOf = (text: string): number => (text.length <= LONGEST - TELL_LEFT ? text.length : [...text].length);

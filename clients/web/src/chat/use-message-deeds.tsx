import type { Conversation, MessageView } from '@tertulia/client';
import { type ReactNode, useMemo, useState } from 'react';
import { errorText } from '../app/error-text.ts';
import { useWords } from '../i18n/words.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { copyText } from '../ui/copy-text.ts';
import { type MenuItem, useMenu } from '../ui/menu.tsx';
import { useToast } from '../ui/Toaster.tsx';
import type { ChatDeeds } from './chat-context.ts';
import type { Composing } from './Composer.tsx';

/** What can be done with a message, by menu and by button. */
export const useMessageDeeds = (conversation: Conversation, compose: (what: Composing) => void) => {
  const words = useWords();
  const toast = useToast();
  const menu = useMenu();
  const [doomed, setDoomed] = useState<MessageView>();
  const deeds = useMemo((): Omit<ChatDeeds, 'jumpTo'> => {
    const { t } = words;
    const attempt = (deed: Promise<unknown>) => void deed.catch((error: unknown) => toast(errorText(words, error)));
    const retry = ({ id }: MessageView) => attempt(conversation.retry(id));
    const discard = ({ id }: MessageView) => attempt(conversation.discard(id));
    const itemsOf = (message: MessageView): readonly MenuItem[] => {
      const { seq, state, text, mine, deleted } = message;
      const stored = seq !== undefined && !deleted;
      const has = (yes: boolean, item: MenuItem) => (yes ? [item] : []);
      return [
        ...has(state === 'failed', { label: t('action.retry'), icon: 'retry', run: () => retry(message) }),
        ...has(stored, { label: t('message.reply'), icon: 'reply', run: () => compose({ replyTo: message }) }),
        ...has(text !== undefined, {
          label: t('message.copy'),
          icon: 'copy',
          run: () => void copyText(text ?? '').then((done) => toast(t(done ? 'message.copied' : 'error.unknown'))),
        }),
        ...has(stored && mine && text !== undefined, {
          label: t('message.edit'),
          icon: 'edit',
          run: () => compose({ editing: message }),
        }),
        ...has(stored && mayDelete(conversation, message), {
          label: t('message.delete'),
          icon: 'trash',
          danger: true,
          run: () => setDoomed(message),
        }),
        ...has(state === 'failed' || state === 'queued', {
          label: t('action.discard'),
          icon: 'trash',
          danger: true,
          run: () => discard(message),
        }),
      ];
    };
    return {
      conversation,
      retry,
      discard,
      openMenu(message, at) {
        const items = itemsOf(message);
        if (items.length > 0) menu({ label: t('message.actions'), at, items });
      },
    };
  }, [conversation, compose, menu, toast, words]);

  const { t } = words;
  const dialog: ReactNode = doomed && (
    <ConfirmDialog
      title={t('message.delete.title')}
      text={t('message.delete.text')}
      submit={t('message.delete')}
      danger
      confirm={() => conversation.delete(doomed.id).catch((error: unknown) => toast(errorText(words, error)))}
      onClose={() => setDoomed(undefined)}
    />
  );
  return { deeds, dialog };
};

const mayDelete = ({ view }: Conversation, { mine }: MessageView): boolean =>
  mine || (view.kind === 'group' && view.role !== 'member');

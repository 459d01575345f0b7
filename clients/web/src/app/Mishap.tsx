import { Component, type ReactNode } from 'react';
import { type Words, useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import styles from './Loading.module.css';

/** Shows a way out where a part of the page has failed; without it the whole page would be blank. */
export const Mishap = ({ children }: { children: ReactNode }) => {
  const words = useWords();
  return <Boundary words={words}>{children}</Boundary>;
};

class Boundary extends Component<
  { readonly words: Words; readonly children: ReactNode },
  { readonly failed: boolean }
> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    const { t } = this.props.words;
    return (
      <main className={styles.loading} role="alert">
        <p>{t('app.crashed')}</p>
        <Button onClick={() => location.reload()}>{t('app.reload')}</Button>
      </main>
    );
  }
}

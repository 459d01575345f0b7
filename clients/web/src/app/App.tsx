import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { Welcome } from '../account/Welcome.tsx';
import type { PlainKey } from '../i18n/texts.ts';
import { WordsProvider } from '../i18n/words.tsx';
import { resume, type SignedIn } from '../session.ts';
import { MenuHost } from '../ui/menu.tsx';
import { Toaster } from '../ui/Toaster.tsx';
import { Loading } from './Loading.tsx';
import { Mishap } from './Mishap.tsx';
import { router } from './router.ts';
import { HOME } from './place.ts';
import { useTheme, useWordsOfPreference } from './use-preferences.ts';

/** Who signs in needs none of it; who is signed in has its parts asked for while the session resumes. */
const messenger = import('./Messenger.tsx');
const Messenger = lazy(async () => ({ default: (await messenger).Messenger }));

type Stage =
  | { readonly name: 'resuming' }
  | { readonly name: 'out'; readonly notice?: PlainKey }
  | { readonly name: 'in'; readonly signedIn: SignedIn };

export const App = () => {
  const words = useWordsOfPreference();
  useTheme();
  const [stage, setStage] = useState<Stage>({ name: 'resuming' });
  useEffect(() => {
    let left = false;
    resume().then(
      (signedIn) => !left && setStage(signedIn ? { name: 'in', signedIn } : { name: 'out' }),
      () => !left && setStage({ name: 'out' }),
    );
    return () => {
      left = true;
    };
  }, []);
  const enter = useCallback((signedIn: SignedIn) => setStage({ name: 'in', signedIn }), []);
  const leave = useCallback((notice: PlainKey) => {
    router.go(HOME, 'replace');
    setStage({ name: 'out', notice });
  }, []);

  if (!words) return null;
  return (
    <WordsProvider value={words}>
      <Mishap>
        <Toaster>
          <MenuHost>
            {stage.name === 'resuming' && <Loading />}
            {stage.name === 'out' && <Welcome notice={stage.notice && words.t(stage.notice)} onSignedIn={enter} />}
            {stage.name === 'in' && (
              <Suspense fallback={<Loading />}>
                <Messenger signedIn={stage.signedIn} onSignedOut={leave} />
              </Suspense>
            )}
          </MenuHost>
        </Toaster>
      </Mishap>
    </WordsProvider>
  );
};

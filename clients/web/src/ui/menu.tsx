import { createContext, type ReactNode, Suspense, use, useCallback, useState } from 'react';
import type { IconName } from './Icon.tsx';
import { later } from './later.ts';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  run(): void;
}

export interface MenuRequest {
  /** Of the menu, for screen readers. */
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** In the window, where its corner goes if there is room. */
  readonly at: { readonly x: number; readonly y: number };
}
export interface OpenMenu extends MenuRequest {
  /** What had the focus, and gets it back. */
  readonly from: Element | null;
}

const MenuBox = later(async () => (await import('./MenuBox.tsx')).MenuBox);

const MenuContext = createContext<((request: MenuRequest) => void) | undefined>(undefined);

/** Opens a menu, in place of the one that may be open. */
export const useMenu = (): ((request: MenuRequest) => void) => {
  const open = use(MenuContext);
  if (!open) throw new Error('outside of MenuHost');
  return open;
};

export const MenuHost = ({ children }: { children: ReactNode }) => {
  const [menu, setMenu] = useState<OpenMenu>();
  const open = useCallback((request: MenuRequest) => setMenu({ ...request, from: document.activeElement }), []);
  return (
    <MenuContext value={open}>
      {children}
      <Suspense>{menu && <MenuBox menu={menu} onClose={() => setMenu(undefined)} />}</Suspense>
    </MenuContext>
  );
};

/** Just below an element, as for its button. */
export const below = (element: Element): MenuRequest['at'] => {
  const { left, bottom } = element.getBoundingClientRect();
  return { x: left, y: bottom };
};

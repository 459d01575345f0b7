import * as DropdownMenu from 'radix-ui/dropdown-menu';
import { useRef } from 'react';
import { Icon } from './Icon.tsx';
import type { MenuItem, OpenMenu } from './menu.tsx';
import styles from './MenuBox.module.css';

/** Not modal: the library's scroll lock would write a style element, which the page's policy forbids. */
export const MenuBox = ({ menu, onClose }: { menu: OpenMenu; onClose(): void }) => {
  const chosen = useRef<MenuItem>(undefined);
  const leftAlone = useRef(false);
  const closed = () => {
    onClose();
    // First the focus, then the deed: a dialog that it opens gives the focus back to where it is now.
    if (!leftAlone.current && menu.from instanceof HTMLElement) menu.from.focus({ preventScroll: true });
    chosen.current?.run();
  };
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(open) => !open && closed()}>
      <DropdownMenu.Trigger asChild>
        <span className={styles.anchor} style={{ left: menu.at.x, top: menu.at.y }} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles.menu}
          aria-label={menu.label}
          aria-labelledby={undefined}
          align="start"
          sideOffset={2}
          collisionPadding={8}
          loop
          onInteractOutside={() => (leftAlone.current = true)}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {menu.items.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              className={[styles.item, item.danger && styles.danger].filter(Boolean).join(' ')}
              onSelect={() => (chosen.current = item)}
            >
              {item.icon && <Icon name={item.icon} />}
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
};

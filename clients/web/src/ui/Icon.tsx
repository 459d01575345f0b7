import styles from './Icon.module.css';

const paths = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4 12l16-8-5 16-3.5-6.5L4 12z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  checks: 'M2 12.5l4.5 4.5L16 7.5M11.5 16l1 1L22 7.5',
  clock: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  alert: 'M12 7.5v5.5M12 16.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  close: 'M6 6l12 12M18 6L6 18',
  more: 'M4.2 12a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0M11.2 12a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0M18.2 12a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0',
  down: 'M6 9l6 6 6-6',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20',
  settings: 'M4 7h7M18 7h2M4 17h2M13 17h7M14.5 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM9.5 14a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  chat: 'M4.5 4.5h15a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H10l-5 4v-4h-.500a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1z',
  muted: 'M4 9.5v5h3.5L12 19V5L7.5 9.5H4zM16 9.5l5 5M21 9.5l-5 5',
  info: 'M12 11v5.5M12 7.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  reply: 'M9 7l-5 5 5 5M4 12h9c4 0 7 2 7 6',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  edit: 'M4 20l1-4L16.5 4.5l3 3L8 19l-4 1zM14 7l3 3',
  trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13',
  retry: 'M4.5 12a7.5 7.5 0 1 0 2.5-5.6M4.5 4v4h4',
  archive: 'M4 8h16v12H4zM3 4h18v4H3zM10 12h4',
  group:
    'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 20c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 5.5a3 3 0 0 1 0 6M18 14.8c2 .6 3.5 2.4 3.5 5.2',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c0-4 3.5-6 7.5-6s7.5 2 7.5 6',
} as const;
export type IconName = keyof typeof paths;

/** Decoration: what it means is said by the text or the label beside it. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg className={styles.icon} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
);

import styles from './Icon.module.css';

const paths = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4 12l16-8-5 16-3.500-6.500L4 12z',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  checks: 'M2 12.500l4.500 4.500L16 7.500M11.500 16l1 1L22 7.500',
  clock: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  alert: 'M12 7.500v5.500M12 16.500v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  close: 'M6 6l12 12M18 6L6 18',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  down: 'M6 9l6 6 6-6',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500L20 20',
  settings: 'M4 7h9M19 7h1M4 17h1M11 17h9M16 4.500v5M8 14.500v5',
  muted: 'M4 9.500v5h3.500L12 19V5L7.500 9.500H4zM16 9.500l5 5M21 9.500l-5 5',
  info: 'M12 11v5.500M12 7.500v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  reply: 'M9 7l-5 5 5 5M4 12h9c4 0 7 2 7 6',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  edit: 'M4 20l1-4L16.500 4.500l3 3L8 19l-4 1zM14 7l3 3',
  trash: 'M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13',
  retry: 'M4.500 12a7.500 7.500 0 1 0 2.500-5.600M4.500 4v4h4',
  archive: 'M4 8h16v12H4zM3 4h18v4H3zM10 12h4',
  group:
    'M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM2.500 20c0-3.500 3-5.500 6.500-5.500s6.500 2 6.500 5.500M16 5.500a3 3 0 0 1 0 6M18 14.800c2 .6 3.500 2.400 3.500 5.200',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.500 20c0-4 3.500-6 7.500-6s7.500 2 7.500 6',
} as const;
export type IconName = keyof typeof paths;

/** Decoration: what it means is said by the text or the label beside it. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg className={styles.icon} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
);

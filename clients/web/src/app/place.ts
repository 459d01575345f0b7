/** Where one is. The address says it, so that reload, bookmarks and the back button work. */
export type Place =
  | { readonly at: 'home' }
  | { readonly at: 'chat'; readonly id: string; readonly details: boolean }
  | { readonly at: 'settings' };

const CHAT = /^\/c\/([0-9a-f-]{36})(\/details)?\/?$/;

export const placeOf = (path: string): Place => {
  const chat = CHAT.exec(path);
  if (chat?.[1]) return { at: 'chat', id: chat[1], details: chat[2] !== undefined };
  return path.startsWith('/settings') ? { at: 'settings' } : { at: 'home' };
};

export const pathOf = (place: Place): string => {
  switch (place.at) {
    case 'home':
      return '/';
    case 'chat':
      return `/c/${place.id}${place.details ? '/details' : ''}`;
    case 'settings':
      return '/settings';
  }
};

export const chatPlace = (id: string): Place => ({ at: 'chat', id, details: false });
export const HOME: Place = { at: 'home' };

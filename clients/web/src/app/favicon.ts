const PLAIN = '/favicon.svg';
const SIZE = 64;

let wanted = 0;
let plain: Promise<HTMLImageElement> | undefined;

/** Draws how many are unread onto the page's icon. */
export const showBadge = async (count: number): Promise<void> => {
  if (count === wanted) return;
  wanted = count;
  if (count === 0) return setIcon(PLAIN, 'image/svg+xml');
  const image = await (plain ??= loaded(PLAIN)).catch(() => undefined);
  if (image && wanted === count) setIcon(drawn(image, count), 'image/png');
};

const loaded = async (src: string): Promise<HTMLImageElement> => {
  const image = new Image(SIZE, SIZE);
  image.src = src;
  await image.decode();
  return image;
};

const drawn = (image: HTMLImageElement, count: number): string => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext('2d');
  if (!context) return PLAIN;
  const text = count > 99 ? '99+' : String(count);
  context.drawImage(image, 0, 0, SIZE, SIZE);
  context.font = `bold ${text.length > 2 ? 24 : 30}px system-ui, sans-serif`;
  const width = Math.max(38, context.measureText(text).width + 14);
  context.fillStyle = '#b3261e';
  context.beginPath();
  context.roundRect(SIZE - width, SIZE - 38, width, 38, 19);
  context.fill();
  context.fillStyle = '#fff';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, SIZE - width / 2, SIZE - 18);
  return canvas.toDataURL('image/png');
};

const setIcon = (href: string, type: string): void => {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link) Object.assign(link, { href, type });
};

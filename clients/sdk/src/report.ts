import { realSurroundings } from './link/surroundings.ts';

/** Tells whoever watches the page or the process of what nobody caught. */
export const { report } = realSurroundings;

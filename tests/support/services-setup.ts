import { afterAll } from 'vitest';
import { closeOpened } from './services.ts';

afterAll(closeOpened);

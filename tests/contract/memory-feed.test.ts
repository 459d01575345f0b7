import { aMemoryWorld } from '../support/chat-world.ts';
import { feedContract } from './feed.contract.ts';

feedContract('in process', aMemoryWorld);

import { aMemoryWorld } from '../support/chat-world.ts';
import { ownStateContract } from './own-state.contract.ts';

ownStateContract('in process', aMemoryWorld);

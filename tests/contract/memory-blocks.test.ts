import { aMemoryWorld } from '../support/chat-world.ts';
import { blocksContract } from './blocks.contract.ts';

blocksContract('in process', aMemoryWorld);

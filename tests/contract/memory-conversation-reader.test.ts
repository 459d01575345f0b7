import { aMemoryWorld } from '../support/chat-world.ts';
import { conversationReaderContract } from './conversation-reader.contract.ts';

conversationReaderContract('in process', aMemoryWorld);

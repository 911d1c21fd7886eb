import { openMemoryObjects } from '../memory-objects.ts'
import { objectsContract } from './objects.ts'

objectsContract('memory, for tests', async () => ({
  objects: openMemoryObjects(),
  read: async (link) => new Uint8Array(await (await fetch(link)).arrayBuffer()),
  close: async () => {},
}))

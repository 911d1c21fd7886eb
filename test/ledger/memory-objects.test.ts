import { objectsContract } from '../contract/objects.ts'
import { openMemoryObjects } from '../memory-objects.ts'

objectsContract('memory, for tests', async () => ({
  objects: openMemoryObjects(),
  read: async (link) => new Uint8Array(await (await fetch(link)).arrayBuffer()),
  close: async () => {},
}))

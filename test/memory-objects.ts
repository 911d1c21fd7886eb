import { sha256 } from '../shared/base/digest.ts'
import { Failure } from '../shared/base/failure.ts'
import { compareUtf8 } from '../shared/base/order.ts'
import { areas, type ObjectKey, type Objects } from '../shared/ports.ts'

/** Objects that end with the process: for tests that open thousands of worlds. Held to the objects contract. */
export function openMemoryObjects(): Objects {
  const bodies = new Map<string, Uint8Array>()
  return {
    find: async (key) => {
      const body = bodies.get(nameOf(key))
      return body && { body: Uint8Array.from(body), tag: sha256(body) }
    },
    put: async (key, body, when) => {
      const current = bodies.get(nameOf(key))
      const tag = current && sha256(current)
      if (when === 'absent' ? tag !== undefined : tag !== when.tag) return 'exists'
      bodies.set(nameOf(key), Uint8Array.from(body))
      return 'stored'
    },
    list: (under) => list(bodies, under),
    remove: async (key) => void bodies.delete(nameOf(key)),
    link: async (key) => {
      const body = Buffer.from(bodies.get(nameOf(key)) ?? [])
      return `data:application/octet-stream;base64,${body.toString('base64')}`
    },
  }
}

async function* list(bodies: ReadonlyMap<string, unknown>, under: ObjectKey): AsyncGenerator<ObjectKey> {
  const prefix = under.path === '' ? `${under.area}/` : `${nameOf(under)}/`
  for (const name of [...bodies.keys()].sort(compareUtf8)) {
    if (name.startsWith(prefix)) yield { area: under.area, path: name.slice(under.area.length + 1) }
  }
}

function nameOf({ area, path }: ObjectKey): string {
  const segments = path.split('/')
  const holds = segments.every((each) => /^[A-Za-z0-9._=-]+$/.test(each) && each !== '.' && each !== '..')
  if (!areas.includes(area) || !holds) throw new Failure('OBJECT_KEY_INVALID', { retryable: false })
  return `${area}/${path}`
}

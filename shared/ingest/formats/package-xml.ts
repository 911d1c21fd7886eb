import { setImmediate as nextTurn } from 'node:timers/promises'
import { SaxesParser } from 'saxes'
import type { RefusalCode } from '../refusal.ts'
import { decodeText } from './encoding.ts'
import { FileRefused, WHOLE_FILE } from './format.ts'
import { limits } from './limits.ts'
import type { Spend } from './work-time.ts'

/** An element of a workbook's part, without the prefixes of its names. */
export type XmlElement = {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

/** A part of a workbook as it is read, in the time that the workbook has. */
export type XmlPart = { readonly body: Uint8Array; readonly spend: Spend }

export type XmlEvents = {
  /** The path is of the elements that are open, the root first, this one last. */
  readonly open: (element: XmlElement, path: readonly string[]) => void
  /** The text is that of the element itself, up to its end or its first child's. */
  readonly close: (name: string, path: readonly string[], text: string) => void
  /** Where a fault is told to be. */
  readonly faultPath: () => string
}

/** Reads a part of a workbook, and rests after each piece of it, so that the process can do other work meanwhile. */
export async function* readPartXml({ body, spend }: XmlPart, events: XmlEvents): AsyncGenerator<void> {
  const refuse = (code: RefusalCode): never => {
    throw new FileRefused(code, events.faultPath())
  }
  const path: string[] = []
  let text = ''
  const parser = new SaxesParser()
  parser.on('doctype', () => refuse('XML_DOCTYPE'))
  parser.on('error', () => refuse('WORKBOOK_MALFORMED'))
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name: localName(name), attributes: localNames(attributes) }
    if (path.push(element.name) > limits.nesting) refuse('FILE_NESTS_TOO_DEEP')
    text = ''
    events.open(element, path)
  })
  parser.on('closetag', ({ name }) => {
    events.close(localName(name), path, text)
    text = ''
    path.pop()
  })
  for (const event of ['text', 'cdata'] as const) {
    parser.on(event, (more) => {
      text += more
    })
  }
  for await (const piece of decodeText(streamOf(body))) {
    spend(() => parser.write(piece))
    yield
    await nextTurn()
  }
  parser.close()
}

/** As `readPartXml`, of a part that is read for what its elements say alone. */
export async function readPart(part: XmlPart, events: Pick<XmlEvents, 'open' | 'close'>): Promise<void> {
  for await (const _ of readPartXml(part, { ...events, faultPath: () => '' }));
}

/** Refuses a workbook that has more of something than is taken. */
export function checkCount(count: number, limit: number): void {
  if (count > limit) throw new FileRefused('WORKBOOK_TOO_LARGE', WHOLE_FILE)
}

async function* streamOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

function localNames(attributes: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(attributes).map(([name, value]) => [localName(name), value]))
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

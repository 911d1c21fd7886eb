import type { Readable } from 'node:stream'

/** How far the reading of a file has come, for whoever looks on. */
export type ProgressBar = {
  /** The same bytes, counted. */
  through(bytes: Readable): AsyncIterable<Uint8Array>
  readonly addRows: (count: number) => void
  /** Takes the bar away. */
  end(): void
}

type Screen = { readonly isTTY?: boolean; write(text: string): unknown }

/** A bar on a terminal; elsewhere nothing, since a log is no place for it. */
export function openProgressBar(sizeBytes: number, screen: Screen = process.stderr): ProgressBar {
  let [read, rows, drawnAt] = [0, 0, Number.NEGATIVE_INFINITY]
  const draw = () => {
    if (!screen.isTTY || performance.now() - drawnAt < DRAW_MS) return
    drawnAt = performance.now()
    const part = sizeBytes === 0 ? 1 : Math.min(1, read / sizeBytes)
    const bar = '#'.repeat(Math.round(part * BAR_WIDTH)).padEnd(BAR_WIDTH, '.')
    screen.write(`\r[${bar}] ${Math.floor(part * 100)} %, ${rows.toLocaleString('en')} rows`)
  }
  return {
    async *through(bytes) {
      for await (const chunk of bytes) {
        read += chunk.length
        draw()
        yield chunk
      }
    },
    addRows(count) {
      rows += count
      draw()
    },
    end() {
      if (screen.isTTY) screen.write('\r\u001b[K')
    },
  }
}

const DRAW_MS = 100
const BAR_WIDTH = 30

import type { Layout } from './layout.ts'
import { licence2018 } from './licence-2018.ts'
import { penalty2018 } from './penalty-2018.ts'
import { registration } from './registration.ts'

export const layouts: readonly Layout[] = [licence2018, penalty2018, registration]

/** The layout of a name, with or without its version (`licence-2018`, `licence-2018@1`). */
export function findLayout(name: string): Layout | undefined {
  return layouts.find((layout) => layout.name === name || layoutId(layout) === name)
}

export function layoutId(layout: Layout): string {
  return `${layout.name}@${layout.version}`
}

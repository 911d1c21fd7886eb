import { InvalidArgumentError } from 'commander'
import { findLayout, layouts } from '../shared/ingest/layouts/registry.ts'

export const LAYOUTS = layouts.map(({ name }) => name).join(', ')

export function parseLayout(name: string): string {
  if (findLayout(name) !== undefined) return name
  throw new InvalidArgumentError(`The layouts are ${LAYOUTS}.`)
}

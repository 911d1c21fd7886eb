import type { DataFile } from './manifest.ts'

/** A file that was built now; `isNew` where it is not the parent's. */
export type CheckedFile = {
  readonly file: DataFile
  readonly isNew: boolean
  /** By quality rule. */
  readonly failing: ReadonlyMap<string, number>
}

/** As it lies on disk, to be stored if it is new. */
export type BuiltFile = CheckedFile & { readonly local: string }

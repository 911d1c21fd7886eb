const MIB = 2 ** 20

/** What one file may be; past any of these the whole of it is refused. */
export const limits = {
  /** Four times the largest file that was asked for; of the bytes that come, and of what gzip makes of them. */
  fileBytes: 8 * 1024 * MIB,
  /** A sighting's mark has eight digits for the row; at twenty million the digests of a file take 400 MiB (digest-set.ts). */
  rows: 20_000_000,
  /** As many columns as a sheet of Excel has (XFD); a layout has some forty. */
  columns: 16_384,
  /** UTF-16 units of one row, and of one record: two hundred times the longest cell that a layout takes. */
  rowUnits: 4 * MIB,
  /** UTF-16 units of a cell, or of a name, that are looked at: five times what a layout takes. Folding makes up to 18 of one. */
  cellUnits: 100_000,
  /** Deflate makes up to 1,032 bytes out of one, tables of records less than a hundred. Told apart from 64 MiB on. */
  expansion: 200,
  expansionGraceBytes: 64 * MIB,
  /** Levels of JSON or XML; an ExchangeMessage has four. */
  nesting: 32,
  /** A workbook is held whole; of an older one SheetJS makes six times its size. 128 MiB are about 80,000 rows. */
  workbookBytes: 64 * MIB,
  workbookExpandedBytes: 128 * MIB,
  /** How long a workbook may keep the process to itself; ten times what a sound one takes on a machine that does nothing else. */
  workbookMs: 5_000,
  workbookMsPerMib: 500,
  /** As many as a workbook has parts; each relation and each sheet names one. */
  workbookRelations: 10_000,
  /** Excel's own limits of the styles of cells, and of the rows of an older sheet, which are more than have cells merged. */
  workbookStyles: 65_490,
  workbookMerges: 65_536,
  /** 80,000 rows of forty columns have 3.2 million; as many empty ones take five bytes each, and no more than the list. */
  workbookStrings: 4 * MIB,
} as const

import type { Layout } from './layout.ts'
import { listingColumns, listingKeys } from './listing-columns.ts'

/** 严重违法失信名单. */
export const seriousListing: Layout = {
  name: 'serious-listing',
  version: 1,
  recordType: 'serious-listing',
  title: { zh: '严重违法失信名单', en: 'Entry of the list of serious violations' },
  documentKeys: listingKeys,
  columns: listingColumns([
    '严重违法失信名单',
    '严重违法失信企业名单',
    '严重违法失信企业名单(黑名单)',
    '严重违法失信主体名单',
    '严重违法失信',
  ]),
}

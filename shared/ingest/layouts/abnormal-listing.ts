import type { Layout } from './layout.ts'
import { listingColumns, listingKeys } from './listing-columns.ts'

/** 经营异常名录: why a market regulator can't reach or rely on an organisation, until it is removed. */
export const abnormalListing: Layout = {
  name: 'abnormal-listing',
  version: 1,
  recordType: 'abnormal-listing',
  title: { zh: '经营异常名录', en: 'Entry of the list of abnormal operations' },
  documentKeys: listingKeys,
  columns: listingColumns(['经营异常名录', '异常名录']),
}

import { toQueryString } from '../../api/client.ts'
import { previewSize } from '../outputs/outputLinks.ts'
import type { PictureLinks } from '../outputs/outputLinks.ts'

const base = '/gatehouse/api/v1/shared/'

/** Where pictures are that others share. */
export const sharedLinks: PictureLinks = {
  file: (id) => `${base}${id}/file`,
  thumbnail: (id, widthPx) => `${base}${id}/thumbnail${toQueryString({ width: previewSize(widthPx) })}`,
}

/** To be saved. */
export const sharedDownloadPath = (id: string): string => `${base}${id}/file?download=true`

import { thumbnailSizes } from '../../../proxy/contract/outputs.ts'
import { toQueryString } from '../../api/client.ts'

const base = '/gatehouse/api/v1/outputs/'

/** The size of preview for a picture that is drawn `widthPx` wide (CSS pixels). */
export function previewSize(widthPx: number): number {
  const wanted = widthPx * Math.min(2, window.devicePixelRatio)
  return thumbnailSizes.find((candidate) => candidate >= wanted) ?? thumbnailSizes[thumbnailSizes.length - 1] ?? 512
}

export const thumbnailPath = (id: string, widthPx: number): string =>
  `${base}${id}/thumbnail${toQueryString({ size: previewSize(widthPx) })}`

export const filePath = (id: string): string => `${base}${id}/file`

/** To be saved, with the workflow that stands in it or without. */
export const downloadPath = (id: string, withWorkflow = true): string =>
  `${base}${id}/file${toQueryString({ download: 'true', metadata: withWorkflow ? undefined : 'none' })}`

export const workflowPath = (id: string): string => `${base}${id}/workflow`

/** Where a picture and its preview are. */
export interface PictureLinks {
  readonly file: (id: string) => string
  readonly thumbnail: (id: string, widthPx: number) => string
}

export const ownLinks: PictureLinks = { file: filePath, thumbnail: thumbnailPath }

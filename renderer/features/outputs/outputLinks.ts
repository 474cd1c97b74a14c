import { thumbnailSizes } from '../../../proxy/contract/outputs.ts'
import { toQueryString } from '../../api/client.ts'

const base = '/gatehouse/api/v1/outputs/'

/** A preview of a picture that is drawn `widthPx` wide (CSS pixels). */
export function thumbnailPath(id: string, widthPx: number): string {
  const wanted = widthPx * Math.min(2, window.devicePixelRatio)
  const size = thumbnailSizes.find((candidate) => candidate >= wanted) ?? thumbnailSizes[thumbnailSizes.length - 1]
  return `${base}${id}/thumbnail${toQueryString({ size })}`
}

export const filePath = (id: string): string => `${base}${id}/file`

/** To be saved, with the workflow that stands in it or without. */
export const downloadPath = (id: string, withWorkflow = true): string =>
  `${base}${id}/file${toQueryString({ download: 'true', metadata: withWorkflow ? undefined : 'none' })}`

export const workflowPath = (id: string): string => `${base}${id}/workflow`

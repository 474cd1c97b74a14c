import type { GallerySearch } from './gallerySearch.ts'

/** Where the gallery stands: its address, and what is around it. */
export interface GalleryPlace {
  /** What the address says, and how it changes; `replace`: not a place to come back to. */
  readonly search: GallerySearch
  readonly onSearch: (change: Partial<GallerySearch>, options: { readonly replace: boolean }) => void
  /** Opens ComfyUI's page; undefined for whom there is none. */
  readonly canvas: (() => void) | undefined
  /** Whether it is said who made what. */
  readonly withPerson: boolean
}

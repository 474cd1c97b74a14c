import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { PageHeader } from '../components/PageHeader.tsx'
import { useSession } from '../features/account/accountQueries.ts'
import { offersCanvas } from '../features/account/landingPath.ts'
import { OwnRoom } from '../features/folders/OwnRoom.tsx'
import { Gallery } from '../features/outputs/Gallery.tsx'
import type { GalleryPlace } from '../features/outputs/galleryPlace.ts'

const route = getRouteApi('/portal/pictures')

const openCanvas = () => window.location.assign('/?canvas')

/** One's own pictures. */
export function PicturesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const permissions = useSession().data?.permissions ?? []
  const onSearch = useCallback<GalleryPlace['onSearch']>(
    (change, { replace }) => void navigate({ search: (old) => ({ ...old, ...change }), replace, resetScroll: false }),
    [navigate],
  )
  const canvas = offersCanvas(permissions) ? openCanvas : undefined
  return (
    <>
      <PageHeader title="Pictures">
        <OwnRoom />
      </PageHeader>
      <Gallery place={{ search: { ...search, user: undefined }, onSearch, canvas, withPerson: false }} />
    </>
  )
}

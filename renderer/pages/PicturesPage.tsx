import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { PageHeader } from '../components/PageHeader.tsx'
import { useSession } from '../features/account/accountQueries.ts'
import { canOpenCanvas } from '../features/account/landingPath.ts'
import { Gallery } from '../features/outputs/Gallery.tsx'
import { toFilter } from '../features/outputs/gallerySearch.ts'

const route = getRouteApi('/portal/pictures')

/** One's own pictures. */
export function PicturesPage() {
  const filter = toFilter(route.useSearch())
  const role = useSession().data?.user.role
  return (
    <>
      <PageHeader title="Pictures">Everything you made here, newest first.</PageHeader>
      <Gallery
        filter={filter}
        start={
          role !== undefined &&
          canOpenCanvas(role) && (
            <Button component="a" href="/">
              Open the canvas
            </Button>
          )
        }
      />
    </>
  )
}

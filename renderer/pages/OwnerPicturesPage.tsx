import { NativeSelect, Tabs } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { PageHeader } from '../components/PageHeader.tsx'
import { hasDesktop, invokeDesktop } from '../desktop/desktop.ts'
import { FolderList } from '../features/folders/FolderList.tsx'
import { Gallery } from '../features/outputs/Gallery.tsx'
import type { GalleryPlace } from '../features/outputs/galleryPlace.ts'
import { usePeople } from '../features/people/peopleQueries.ts'

const route = getRouteApi('/shell/pictures')

const openCanvas = () => void invokeDesktop('comfyui:open')

/** Where is everything? What people made, and where it lies. */
export function OwnerPicturesPage() {
  const { view, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const onSearch = useCallback<GalleryPlace['onSearch']>(
    (change, { replace }) => void navigate({ search: (old) => ({ ...old, ...change }), replace, resetScroll: false }),
    [navigate],
  )
  const showView = (tab: string | null) =>
    void navigate({ search: tab === 'folders' ? { view: 'folders' } : {}, replace: true })
  return (
    <>
      <PageHeader title="Pictures">What people made here, and where it lies on this computer.</PageHeader>
      <Tabs value={view ?? 'pictures'} onChange={showView} keepMounted={false}>
        <Tabs.List mb={20}>
          <Tabs.Tab value="pictures">Pictures</Tabs.Tab>
          <Tabs.Tab value="folders">Folders and room</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="pictures">
          <Gallery
            place={{
              search,
              onSearch,
              canvas: hasDesktop() ? openCanvas : undefined,
              withPerson: search.user === undefined,
            }}
          >
            <PersonChoice value={search.user} onChange={(user) => onSearch({ user }, { replace: true })} />
          </Gallery>
        </Tabs.Panel>
        <Tabs.Panel value="folders">
          <FolderList />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

interface PersonChoiceProps {
  readonly value: string | undefined
  readonly onChange: (user: string | undefined) => void
}

function PersonChoice({ value, onChange }: PersonChoiceProps) {
  const people = usePeople().data ?? []
  const chosen = people.find(({ id }) => id === value)
  return (
    <NativeSelect
      aria-label="Whose"
      value={chosen?.id ?? ''}
      onChange={(event) => onChange(people.find(({ id }) => id === event.currentTarget.value)?.id)}
      data={[{ value: '', label: 'Everybody' }, ...people.map(({ id, name }) => ({ value: id, label: name }))]}
    />
  )
}

import { Button, NativeSelect, TextInput } from '@mantine/core'
import { IconCheckbox, IconPinFilled, IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { outputKindSchema } from '../../../proxy/contract/outputs.ts'
import styles from './Gallery.module.css'
import type { GallerySearch, OutputFilter } from './gallerySearch.ts'
import { useDelayed } from './useDelayed.ts'

interface GalleryToolbarProps {
  readonly filter: OutputFilter
  readonly onFilter: (change: Partial<GallerySearch>) => void
  /** Undefined: there is nothing to choose from. */
  readonly onSelect: (() => void) | undefined
  /** Further choices, such as whose pictures. */
  readonly children?: ReactNode
}

const shownChoices = [
  { value: '', label: 'All files' },
  { value: 'image', label: 'Pictures' },
  { value: 'video', label: 'Videos' },
  { value: 'audio', label: 'Sound' },
  { value: 'other', label: 'Other files' },
  { value: 'removed', label: 'Removed' },
]

const toShown = (choice: string): Partial<GallerySearch> =>
  choice === 'removed'
    ? { kind: undefined, kept: undefined, removed: true }
    : { kind: outputKindSchema.optional().catch(undefined).parse(choice), removed: undefined }

/** Which pictures are shown, and the way to choose several. */
export function GalleryToolbar({ filter, onFilter, onSelect, children }: GalleryToolbarProps) {
  const isKept = filter.kept === true
  return (
    <div className={styles.toolbar}>
      <FindField value={filter.find ?? ''} onChange={(find) => onFilter({ find: find === '' ? undefined : find })} />
      {children}
      <NativeSelect
        aria-label="Which files"
        data={shownChoices}
        value={filter.removed === true ? 'removed' : (filter.kind ?? '')}
        onChange={(event) => onFilter(toShown(event.currentTarget.value))}
      />
      {filter.removed !== true && (
        <Button
          variant={isKept ? 'light' : 'default'}
          aria-pressed={isKept}
          leftSection={<IconPinFilled size={16} aria-hidden />}
          onClick={() => onFilter({ kept: isKept ? undefined : true })}
        >
          Kept
        </Button>
      )}
      {onSelect !== undefined && (
        <Button variant="default" leftSection={<IconCheckbox size={16} aria-hidden />} onClick={onSelect}>
          Select
        </Button>
      )}
    </div>
  )
}

const typingPauseMs = 300

interface FindFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
}

/** Asks when the typing pauses: every letter would be a question to the computer. */
function FindField({ value, onChange }: FindFieldProps) {
  const [draft, setDraft] = useState(value)
  const settled = useDelayed(draft, typingPauseMs)
  const change = useRef(onChange)
  useEffect(() => {
    change.current = onChange
  }, [onChange])
  useEffect(() => change.current(settled.trim()), [settled])
  return (
    <TextInput
      type="search"
      className={styles.find ?? ''}
      aria-label="Search by name"
      placeholder="Search by name"
      leftSection={<IconSearch size={16} aria-hidden />}
      value={draft}
      maxLength={200}
      onChange={(event) => setDraft(event.currentTarget.value)}
    />
  )
}

import { useCallback, useMemo, useRef } from 'react'
import type { KeyboardEvent, MouseEvent } from 'react'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { useNow } from '../../components/useNow.ts'
import styles from './Gallery.module.css'
import { findKeyAction } from './galleryKeys.ts'
import type { KeyAct } from './galleryKeys.ts'
import { findNeighbour, findSections, layOutGallery } from './galleryLayout.ts'
import { GalleryTile } from './GalleryTile.tsx'
import type { OutputCommands } from './useOutputCommands.ts'
import { useActiveTile } from './useActiveTile.ts'
import type { Selection } from './useSelection.ts'
import { useElementWidth, useReadAhead, useScrollAnchor, useVisibleRange } from './useVisibleRange.ts'

interface GalleryGridProps {
  readonly outputs: readonly Output[]
  readonly selection: Selection
  readonly withPerson: boolean
  /** Removed ones are chosen, not opened. */
  readonly isRemovedView: boolean
  /** The picture that is open above the grid. */
  readonly open: string | undefined
  readonly commands: OutputCommands
  readonly onOpen: (id: string) => void
  readonly readMore: () => void
}

const everyMinuteMs = 60_000

/** The pictures, of which only those in sight are in the document, with the keys of a list. */
export function GalleryGrid(props: GalleryGridProps) {
  const { outputs, selection, withPerson, isRemovedView, open, onOpen, readMore } = props
  const root = useRef<HTMLDivElement>(null)
  const width = useElementWidth(root)
  const today = new Date(useNow(everyMinuteMs)).setHours(12, 0, 0, 0)
  const layout = useMemo(() => layOutGallery(outputs, width, today), [outputs, width, today])
  const range = useVisibleRange(root)
  const active = useActiveTile(root, outputs, open)
  useScrollAnchor(root, layout)
  useReadAhead(range, layout.height, readMore)

  const press = useCallback(
    (index: number, event: MouseEvent) => {
      const output = outputs[index]
      if (output === undefined) return
      if (event.shiftKey) selection.extendTo(index)
      else if (selection.isOn || isRemovedView || event.ctrlKey || event.metaKey) selection.toggle(index)
      else onOpen(output.id)
    },
    [outputs, selection, isRemovedView, onOpen],
  )
  const onKeyDown = (event: KeyboardEvent) => {
    const action = findKeyAction(event)
    if (action === undefined) return
    event.preventDefault()
    if (action.kind === 'act') {
      act(action.act, { ...props, index: active.index })
      return
    }
    const to = findNeighbour(layout, active.index, action.direction)
    if (action.kind === 'extend') selection.extendBetween(active.index, to)
    active.moveTo(to)
  }
  return (
    <div ref={root} className={styles.root} style={{ height: layout.height }} onKeyDown={onKeyDown}>
      {findSections(layout, range, active.index).map(({ day, tiles }) => (
        <section key={day.key} aria-labelledby={`day-${day.key}`}>
          <h2 id={`day-${day.key}`} className={styles.day} style={{ top: day.top }}>
            {day.title}
          </h2>
          <ul>
            {tiles.map((tile) => (
              <GalleryTile
                key={tile.output.id}
                tile={tile}
                isActive={tile.index === active.index}
                isChosen={selection.isOn ? selection.chosen.has(tile.output.id) : undefined}
                withPerson={withPerson}
                onPress={press}
                onFocus={active.onFocus}
              />
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

/** What is done with the chosen pictures, or with the one that has the focus. */
function act(kind: KeyAct, context: GalleryGridProps & { readonly index: number }): void {
  const { outputs, selection, commands, index } = context
  const focused = outputs[index]
  const chosen = selection.outputs.length > 0 ? selection.outputs : focused === undefined ? [] : [focused]
  switch (kind) {
    case 'choose':
      selection.toggle(index)
      return
    case 'chooseAll':
      selection.chooseAll()
      return
    case 'clear':
      selection.clear()
      return
    case 'remove':
      commands.remove(chosen)
      selection.clear()
      return
    case 'keep':
      commands.keep(chosen)
      return
    case 'download':
      commands.download(chosen)
  }
}

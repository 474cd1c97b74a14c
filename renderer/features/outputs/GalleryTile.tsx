import {
  IconCheck,
  IconFile,
  IconMusic,
  IconPhotoOff,
  IconPinFilled,
  IconPlayerPlayFilled,
  IconUsers,
} from '@tabler/icons-react'
import { memo, useEffect, useRef, useState } from 'react'
import type { MouseEvent } from 'react'
import type { OutputKind } from '../../../proxy/contract/outputs.ts'
import styles from './Gallery.module.css'
import type { Tile } from './galleryLayout.ts'
import { thumbnailPath } from './outputLinks.ts'
import { describeOutput } from './outputWords.ts'

interface GalleryTileProps {
  readonly tile: Tile
  /** The one of all pictures that the Tab key leads to. */
  readonly isActive: boolean
  /** Undefined: a click opens. */
  readonly isChosen: boolean | undefined
  readonly withPerson: boolean
  readonly onPress: (index: number, event: MouseEvent) => void
  readonly onFocus: (index: number) => void
}

/** One picture in its place; its place is known before the picture comes. */
export const GalleryTile = memo(function GalleryTile(props: GalleryTileProps) {
  const { tile, isActive, isChosen, withPerson, onPress, onFocus } = props
  const { output, index, left, top, width, height } = tile
  return (
    <li className={styles.tile} style={{ left, top, width, height }}>
      <button
        type="button"
        className={styles.button}
        data-output={output.id}
        tabIndex={isActive ? 0 : -1}
        aria-label={describeOutput(output, { withPerson })}
        aria-pressed={isChosen}
        onClick={(event) => onPress(index, event)}
        onFocus={() => onFocus(index)}
      >
        <Preview tile={tile} />
        {output.kind === 'video' && <IconPlayerPlayFilled size={20} aria-hidden className={styles.play} />}
        {output.keep && <IconPinFilled size={16} aria-hidden className={styles.kept} />}
        {output.shared && <IconUsers size={16} aria-hidden className={styles.shared} />}
        {withPerson && <span className={styles.person}>{output.user.name}</span>}
        {isChosen !== undefined && (
          <span className={styles.check} data-on={isChosen}>
            {isChosen && <IconCheck size={16} stroke={3} aria-hidden />}
          </span>
        )}
      </button>
    </li>
  )
})

function Preview({ tile: { output, width, height } }: { readonly tile: Tile }) {
  const [broken, setBroken] = useState(false)
  const image = useRef<HTMLImageElement>(null)
  useEffect(() => {
    const element = image.current
    // What is scrolled past is not waited for: what one stops at would come after all of it.
    return () => {
      if (element?.complete === false) element.removeAttribute('src')
    }
  }, [])
  const hasPreview = output.kind === 'image' || output.kind === 'video'
  if (!hasPreview || broken) return <NoPreview kind={output.kind} name={output.name} />
  return (
    <img
      ref={image}
      src={thumbnailPath(output.id, Math.max(width, height))}
      alt=""
      width={width}
      height={height}
      decoding="async"
      draggable={false}
      onError={() => setBroken(true)}
    />
  )
}

const icons: Readonly<Record<OutputKind, typeof IconFile>> = {
  image: IconPhotoOff,
  video: IconPlayerPlayFilled,
  audio: IconMusic,
  model: IconFile,
  other: IconFile,
}

function NoPreview({ kind, name }: { readonly kind: OutputKind; readonly name: string }) {
  const Icon = icons[kind]
  return (
    <span className={styles.noPreview}>
      {kind !== 'video' && <Icon size={28} aria-hidden />}
      <span>{name}</span>
    </span>
  )
}
